"""What the first frame does not wait for: collecting garbage, and modules that are imported when they are wanted."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterable
from contextlib import suppress
from importlib import import_module
from typing import Any


class Later:
    """Makes what `place` ("module:class") names; the module is imported with the first call."""

    def __init__(self, place: str) -> None:
        self.module, _, self._name = place.partition(":")

    def __call__(self, *given: Any) -> Any:
        return getattr(import_module(self.module), self._name)(*given)


def put_off_collecting() -> None:
    """Nearly all that a start makes stays to the end: looking through it again and again finds nothing."""
    gc.disable()


def collect_again() -> None:
    """From here on, and only what is made from here on; does nothing when collecting was not put off."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()


def import_beside(modules: Iterable[str]) -> None:
    """On a thread of its own, so that neither the interface nor the first key that needs one of them waits."""
    threading.Thread(target=_import_each, args=(tuple(modules),), name="imports", daemon=True).start()


def _import_each(modules: Iterable[str]) -> None:
    for module in modules:
        # What cannot be imported is said to whoever asks for it.
        with suppress(ImportError):
            import_module(module)
    # Modules stay to the end, too.
    gc.freeze()
