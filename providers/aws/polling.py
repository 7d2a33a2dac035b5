"""How often AWS is asked: seldom while nothing happens, more often while something changes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Generic, TypeVar

from providers.aws.values import Gap
from providers.core.errors import BackendError

T = TypeVar("T")


def adaptive(
    read: Callable[[], Awaitable[T]], calm: float, busy: float, changing: Callable[[T], bool]
) -> Callable[[], AsyncGenerator[T, None]]:
    """A stream that asks every `calm` seconds, every `busy` ones while what it read is `changing`."""

    async def stream() -> AsyncGenerator[T, None]:
        while True:
            value = await read()
            yield value
            await asyncio.sleep(busy if changing(value) else calm)

    return stream


class Kept(Generic[T]):
    """What changes seldom, asked again only after `seconds`, by one at a time. A failure is not kept."""

    def __init__(self, read: Callable[[], Awaitable[T]], seconds: float) -> None:
        self._read = read
        self._seconds = seconds
        self._last: tuple[float, T] | None = None
        self._reading = asyncio.Lock()

    async def get(self) -> T:
        """The value. Raises what reading it raises."""
        async with self._reading:
            now = time.monotonic()
            if self._last is None or now - self._last[0] >= self._seconds:
                self._last = (now, await self._read())
            return self._last[1]


async def optional(what: str, read: Awaitable[T], otherwise: T) -> tuple[T, tuple[Gap, ...]]:
    """A part of a picture; when it cannot be read the rest stands, with the gap named."""
    try:
        return await read, ()
    except BackendError as error:
        return otherwise, (Gap(what, error.message, error.kind),)
