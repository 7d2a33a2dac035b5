"""Libraries that are imported when they are used first: nobody waits for what he does not need."""

from __future__ import annotations

from importlib import import_module
from typing import Any


class Deferred:
    """Stands for a module, as `aiohttp = Deferred("aiohttp")`: the first use of it imports it, on whatever thread."""

    def __init__(self, module: str) -> None:
        self._module = module

    def __getattr__(self, name: str) -> Any:
        return getattr(import_module(self._module), name)
