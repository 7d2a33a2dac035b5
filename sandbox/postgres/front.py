"""TLS in front of a server whose build has none: PostgreSQL's answer to whoever asks for it, then a relay."""

from __future__ import annotations

import asyncio
import ssl
import struct
from contextlib import suppress
from typing import Final

_SSL_REQUEST: Final = struct.pack("!II", 8, 80877103)
_CHUNK: Final = 65_536


class Front:
    """Listens on loopback; accepts nobody who does not ask for TLS."""

    def __init__(self, context: ssl.SSLContext, behind: int) -> None:
        self._context = context
        self._behind = behind
        self._server: asyncio.Server | None = None
        self._talks: set[asyncio.Task[None]] = set()
        self.port = 0

    async def start(self) -> None:
        """Take a free port."""
        self._server = await asyncio.start_server(self._met, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Stop listening and end every relay; safe to call twice."""
        server, self._server = self._server, None
        if server is not None:
            server.close()
        for talk in self._talks:
            talk.cancel()
        await asyncio.gather(*self._talks, return_exceptions=True)

    async def _met(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talk = asyncio.current_task()
        assert talk is not None
        self._talks.add(talk)
        talk.add_done_callback(self._talks.discard)
        try:
            with suppress(OSError, asyncio.IncompleteReadError):
                await self._talk(reader, writer)
        finally:
            writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if await reader.readexactly(8) != _SSL_REQUEST:
            return
        writer.write(b"S")
        await writer.start_tls(self._context)
        inner, outer = await asyncio.open_connection("127.0.0.1", self._behind)
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(_pass(reader, outer))
                both.create_task(_pass(inner, writer))
        except* OSError:
            pass
        finally:
            outer.close()


async def _pass(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    """One direction to its end; then the other side is told."""
    while data := await source.read(_CHUNK):
        target.write(data)
        await target.drain()
    # TLS knows no half-closed connection: the end of one direction ends the talk.
    raise ConnectionResetError
