"""A relay in front of a server: with TLS, or losing the answer to a flush."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress

_FLUSH = b"*2\r\n$7\r\nFLUSHDB\r\n"


class Relay:
    """`flushes` counts the FLUSHDB that came by. `losing` their answers, they do not come back: the connection is cut,
    or, `silent`, stays as it is."""

    def __init__(self, behind: int) -> None:
        self.port = 0
        self.flushes = 0
        self.losing = self.silent = False
        self._behind = behind
        self._talks: set[asyncio.Task[None]] = set()

    async def met(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One client; cut after the request whose answer is to be lost."""
        talk = asyncio.current_task()
        assert talk is not None
        self._talks.add(talk)
        talk.add_done_callback(self._talks.discard)
        inner, outer = await asyncio.open_connection("127.0.0.1", self._behind)
        back = asyncio.create_task(self._pass(inner, writer))
        with suppress(OSError, ssl.SSLError, asyncio.CancelledError):
            while data := await reader.read(65536):
                flush = _FLUSH in data
                self.flushes += flush
                if flush and self.losing:
                    back.cancel()
                    await asyncio.wait({back})
                outer.write(data)
                await outer.drain()
                if flush and self.losing:
                    # Its answer is the proof that the request has arrived; it goes no further.
                    await inner.read(100)
                    if not self.silent:
                        break
        back.cancel()
        outer.close()
        writer.transport.abort()

    async def close(self) -> None:
        for talk in self._talks:
            talk.cancel()
        await asyncio.gather(*self._talks, return_exceptions=True)

    async def _pass(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        with suppress(OSError, ssl.SSLError):
            while data := await source.read(65536):
                target.write(data)
                await target.drain()
            target.close()


@asynccontextmanager
async def relay(behind: int, tls: ssl.SSLContext | None = None) -> AsyncGenerator[Relay, None]:
    """A relay to that port of this machine."""
    made = Relay(behind)
    listener = await asyncio.start_server(made.met, "127.0.0.1", 0, ssl=tls)
    made.port = listener.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        listener.close()
        await made.close()
