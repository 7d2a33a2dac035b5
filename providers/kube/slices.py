"""Long lists, taken a slice at a time: converting thousands of objects must not hold the loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from typing import Final, TypeVar

T = TypeVar("T")

SLICE: Final = 100
"""Objects after which others run: ten milliseconds of pods."""


async def in_slices(items: Sequence[T]) -> AsyncGenerator[T, None]:
    """Yield each of `items`, and let the loop turn after every `SLICE` of them."""
    for at, item in enumerate(items, 1):
        yield item
        if at % SLICE == 0:
            await asyncio.sleep(0)
