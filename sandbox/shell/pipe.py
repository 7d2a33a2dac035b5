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
        while len(self._chunks) >= _ROOM and not self._deaf:
            await self._moved.wait()
        if self._deaf or self._ended:
            raise BrokenPipeError
        if data:
            self._chunks.append(data)
            self._stir()
        await asyncio.sleep(0)

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
