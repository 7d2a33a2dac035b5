"""Byte streams between commands: bounded, closed from either end."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator

_ROOM = 64


class Pipe:
    """Chunks from one writer to one reader."""

    def __init__(self) -> None:
        self._chunks: deque[bytes] = deque()
        self._moved = asyncio.Event()
        self._ended = False
        self._deaf = False

    def _stir(self) -> None:
        self._moved.set()
        self._moved = asyncio.Event()

    async def write(self, data: bytes) -> None:
        """Append; wait while the reader is behind. Raises BrokenPipeError when nobody will read it."""
        while self.full and not self._deaf:
            await self._moved.wait()
        if self._deaf or self._ended:
            raise BrokenPipeError
        self.offer(data)
        await asyncio.sleep(0)

    @property
    def full(self) -> bool:
        """Whether the reader is behind."""
        return len(self._chunks) >= _ROOM

    def offer(self, data: bytes) -> None:
        """Append without waiting, for a writer that can be held back when it is `full`; lost when nobody reads."""
        if data and not (self._deaf or self._ended):
            self._chunks.append(data)
            self._stir()

    def end(self) -> None:
        """No more will be written."""
        self._ended = True
        self._stir()

    def leave(self) -> None:
        """No more will be read."""
        self._deaf = True
        self._chunks.clear()
        self._stir()

    async def read(self) -> bytes:
        """The next chunk; b"" at the end."""
        while not self._chunks:
            if self._ended:
                return b""
            await self._moved.wait()
        chunk = self._chunks.popleft()
        self._stir()
        return chunk

    async def lines(self) -> AsyncIterator[bytes]:
        """Whole lines without their newline."""
        rest = b""
        while chunk := await self.read():
            *whole, rest = (rest + chunk).split(b"\n")
            for line in whole:
                yield line
        if rest:
            yield rest
