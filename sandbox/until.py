"""Waiting for what another process comes to."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from providers.core.errors import Unreachable

LOOK: Final = 0.02
"""Seconds between two looks."""


async def until(met: Callable[[], Awaitable[bool]], what: str, seconds: float) -> None:
    """Return when it is so. Raises Unreachable when it is not in time."""
    try:
        async with asyncio.timeout(seconds):
            while True:
                if await met():
                    return
                await asyncio.sleep(LOOK)
    except TimeoutError:
        raise Unreachable(f"not within {seconds:g} s: {what}") from None
