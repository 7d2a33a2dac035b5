"""A way to the server that can be cut, made a black hole, or lose the answer to one statement."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress


class Relay:
    """`port` leads to the server until `swallow()`; `swallowed` is set when bytes have been lost since.

    With `losing`, a connection is cut after these bytes have gone to the server; `lost` counts how often they came.
    """

    def __init__(self, behind: int) -> None:
        self.port = 0
        self.swallowed = asyncio.Event()
        self.losing = b""
        self.lost = 0
        self._behind = behind
        self._open = True
        self._talks: set[asyncio.Task[None]] = set()

    def swallow(self) -> None:
        self._open = False

    async def cut(self) -> None:
        """End every connection, and each new one at once."""
        self._behind = 1
        await self.stop()

    def heal(self, behind: int) -> None:
        """Lead there from now on."""
        self._behind = behind

    async def met(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talk = asyncio.current_task()
        assert talk is not None
        self._talks.add(talk)
        talk.add_done_callback(self._talks.discard)
        try:
            inner, outer = await asyncio.open_connection("127.0.0.1", self._behind)
        except OSError:
            writer.close()
            return
        try:
            with suppress(OSError):
                await asyncio.gather(self._pass(reader, outer), self._pass(inner, writer))
        finally:
            outer.close()
            writer.close()

    async def _pass(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        while data := await source.read(65536):
            if not self._open:
                self.swallowed.set()
                continue
            target.write(data)
            await target.drain()
            if self.losing and self.losing in data:
                self.lost += 1
                break
        raise ConnectionResetError

    async def stop(self) -> None:
        for talk in self._talks:
            talk.cancel()
        await asyncio.gather(*self._talks, return_exceptions=True)


@asynccontextmanager
async def relay(behind: int) -> AsyncGenerator[Relay, None]:
    """A running relay to a port of loopback."""
    found = Relay(behind)
    listener = await asyncio.start_server(found.met, "127.0.0.1", 0)
    found.port = listener.sockets[0].getsockname()[1]
    try:
        yield found
    finally:
        listener.close()
        await found.stop()
