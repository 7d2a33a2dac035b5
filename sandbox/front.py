"""TLS in front of a server whose build has none, as a proxy stands in front of a managed one."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

LOOPBACK: Final = "127.0.0.1"
HELLO: Final = 10.0
"""Seconds a client may take to come to terms, and the last words to be sent."""
_CHUNK: Final = 65_536
_BACKLOG: Final = 128

Ends = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Prologue = Callable[[socket.socket, int], Awaitable[bool]]
"""Speaks in clear with the client of the server on that port; False when the connection has been dealt with."""


class Front:
    """Listens on a free port of loopback and passes what it decrypts on to the port `behind`."""

    def __init__(self, context: ssl.SSLContext, behind: int, prologue: Prologue | None = None) -> None:
        self._context = context
        self._behind = behind
        self._prologue = prologue
        self._socket: socket.socket | None = None
        self._accepting: asyncio.Task[None] | None = None
        self._talks: set[asyncio.Task[None]] = set()
        self.port = 0

    def listen(self) -> None:
        """Open the port: a free one at first, the same one after `hang_up`."""
        if self._accepting is not None:
            return
        bound = self._socket = self._socket or _bound(0)
        self.port = bound.getsockname()[1]
        bound.listen(_BACKLOG)
        self._accepting = asyncio.create_task(self._accept(bound))

    async def hang_up(self) -> None:
        """Cut every connection and refuse new ones; the port stays ours."""
        if self._accepting is None:
            return
        await self.stop()
        # Bound and not listening: who calls is refused, and nobody else gets the number meanwhile.
        self._socket = _bound(self.port)

    async def stop(self) -> None:
        """Close the port and every connection; safe to call twice."""
        accepting, self._accepting = self._accepting, None
        ending = [*self._talks, *([accepting] if accepting else [])]
        for task in ending:
            task.cancel()
        await asyncio.gather(*ending, return_exceptions=True)
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    async def _accept(self, listener: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            client, _ = await loop.sock_accept(listener)
            client.setblocking(False)
            talk = loop.create_task(self._talk(client))
            self._talks.add(talk)
            talk.add_done_callback(self._talks.discard)

    async def _talk(self, client: socket.socket) -> None:
        # A peer that goes away, talks no TLS or trusts another authority is its own business; the server may be down.
        with client, suppress(OSError, TimeoutError, EOFError):
            if self._prologue is not None:
                async with asyncio.timeout(HELLO):
                    if not await self._prologue(client, self._behind):
                        return
            near = await self._secured(client)
            try:
                await self._relay(near)
            finally:
                near[1].transport.abort()

    async def _secured(self, client: socket.socket) -> Ends:
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader(limit=_CHUNK)
        transport, protocol = await loop.connect_accepted_socket(
            lambda: asyncio.StreamReaderProtocol(reader), client, ssl=self._context, ssl_handshake_timeout=HELLO
        )
        return reader, asyncio.StreamWriter(transport, protocol, reader, loop)

    async def _relay(self, near: Ends) -> None:
        far = await asyncio.open_connection(LOOPBACK, self._behind)
        try:
            await _both_ways(near, far)
        finally:
            far[1].transport.abort()


def _bound(port: int) -> socket.socket:
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.setblocking(False)
    made.bind((LOOPBACK, port))
    return made


async def _both_ways(near: Ends, far: Ends) -> None:
    """Carry bytes until either side ends, then what that side said last: TLS knows no half-closed connection."""
    ways = [asyncio.create_task(_carry(near[0], far[1])), asyncio.create_task(_carry(far[0], near[1]))]
    try:
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)
    for _, writer in (near, far):
        writer.close()
    async with asyncio.timeout(HELLO):
        await asyncio.gather(*(writer.wait_closed() for _, writer in (near, far)), return_exceptions=True)


async def _carry(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    while data := await source.read(_CHUNK):
        target.write(data)
        await target.drain()
