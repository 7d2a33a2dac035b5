"""A feed that reads once, and again only when it is asked to: for what every reading costs the other side something."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import TypeVar

from providers.core.feed import Feed

T = TypeVar("T")


class Asked(Feed[T]):
    """Its value has no date of expiry; whoever shows it says how old it is. `read` has a deadline of its own."""

    def __init__(self, name: str, source: str, read: Callable[[], Awaitable[T]]) -> None:
        super().__init__(name, source, self._readings, deadline=math.inf)
        self._read = read
        self._again = asyncio.Event()

    def refresh(self) -> None:
        """Read again now."""
        self._again.set()
        super().refresh()

    async def _readings(self) -> AsyncGenerator[T, None]:
        while True:
            self._again.clear()
            yield await self._read()
            await self._again.wait()
