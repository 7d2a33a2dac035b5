"""The end of tasks that use other people's libraries."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any, Final

_PATIENCE: Final = 1.0
"""Seconds after which a task is told again."""


async def end(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel until all have ended: a library may lose a cancellation, or take its time over one."""
    left = {task for task in tasks if not task.done()}
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=_PATIENCE)
