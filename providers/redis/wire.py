"""One connection to one server: dialled hop by hop, logged in, and dropped as soon as an answer is not awaited."""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Final

import msgspec
from redis import exceptions
from redis.asyncio import Connection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from providers.core.errors import BackendError, Garbled
from providers.redis.address import Address
from providers.redis.answers import refusal, unreached

CLIENT_NAME: Final = "fusion-console"
SHARE: Final = 1.0
"""Seconds for one of several addresses of a name."""
Word = str | bytes | int
Command = tuple[Word, ...]
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Hop(msgspec.Struct, frozen=True):
    """One part of the way to an answer: DNS, connect, TLS, AUTH or PING, and the seconds it took."""

    name: str
    seconds: float


class Journey:
    """The hops so far. `at` is the one under way: when it fails, the one that failed."""

    def __init__(self) -> None:
        self.hops: list[Hop] = []
        self.at = ""

    @contextmanager
    def hop(self, name: str) -> Iterator[None]:
        """Time one hop; one that fails stays `at`."""
        self.at, started = name, time.monotonic()
        yield
        self.hops.append(Hop(name, time.monotonic() - started))


class Wire(Connection):
    """redis-py's protocol on streams that are already open: it never connects, retries or times out by itself.

    redis-py loses a cancellation on Python 3.11 when it has a timeout of its own; whoever calls sets one around.
    """

    def __init__(self, streams: Streams, address: Address, source: str) -> None:
        super().__init__(
            host=address.host,
            port=address.port,
            socket_timeout=None,
            socket_connect_timeout=None,
            retry=Retry(NoBackoff(), 0),
            driver_info=None,
            protocol=2,
        )
        self.address = address
        self.source = source
        self.user = "default"
        self._streams: Streams | None = streams

    async def _connect(self) -> None:
        streams, self._streams = self._streams, None
        if streams is None:
            raise exceptions.ConnectionError("it was dropped")
        self._reader, self._writer = streams

    async def call(self, *words: Word) -> Any:
        """The reply to one command. Raises BackendError; after anything but a refusal the connection is gone."""
        (reply,) = await self.call_all([words])
        if isinstance(reply, BackendError):
            raise reply
        return reply

    async def call_all(self, commands: Sequence[Command]) -> list[Any]:
        """The replies in order, sent in one go; a command that was refused has its BackendError in its place."""
        words: Command = commands[0]
        try:
            await self.send_packed_command(self.pack_commands(commands), check_health=False)
            replies = []
            for words in commands:
                replies.append(await self._reply(words))
        except exceptions.RedisError as error:
            await self.drop()
            raise refusal(error, words, self.user, self.source) from None
        except ValueError:
            # What redis-py makes of a length that is no number, or of a line without an end.
            await self.drop()
            raise Garbled("the answer is not in Redis' protocol", source=self.source) from None
        except BaseException:
            # An answer that nobody waits for any more would be taken for the answer to the next command.
            await self.drop()
            raise
        return replies

    async def _reply(self, words: Command) -> Any:
        try:
            return await self.read_response(disable_decoding=True)
        except exceptions.ResponseError as error:
            return refusal(error, words, self.user, self.source)

    async def drop(self) -> None:
        """Close at once; safe to call twice."""
        self._streams = None
        with suppress(exceptions.RedisError, OSError):
            await self.disconnect(nowait=True)


async def dial(
    address: Address, near: Address, tls: ssl.SSLContext | None, source: str, journey: Journey | None = None
) -> Wire:
    """An open connection to `near` that TLS verifies by the name of `address`. Raises Unreachable, Untrusted …"""
    journey = journey or Journey()
    try:
        with journey.hop("DNS"):
            found = await asyncio.get_running_loop().getaddrinfo(near.host, near.port, type=socket.SOCK_STREAM)
        with journey.hop("connect"):
            sock = await _connected(found)
        streams = await _spoken(sock, address, tls, journey)
    except OSError as error:
        raise unreached(error, journey.at, str(address), source) from None
    wire = Wire(streams, address, source)
    await wire.connect()  # type: ignore[no-untyped-call]
    return wire


async def _connected(found: Sequence[tuple[Any, ...]]) -> socket.socket:
    """A socket to the first of the addresses that takes us."""
    failed: OSError = OSError(errno.EHOSTUNREACH, "no address")
    for family, kind, protocol, _, address in found:
        sock = socket.socket(family, kind, protocol)
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        try:
            # An address that swallows everything must not use up the time of the others.
            async with asyncio.timeout(SHARE if len(found) > 1 else None):
                await asyncio.get_running_loop().sock_connect(sock, address)
        except OSError as error:
            sock.close()
            failed = error
        except BaseException:
            sock.close()
            raise
        else:
            return sock
    raise failed


async def _spoken(sock: socket.socket, address: Address, tls: ssl.SSLContext | None, journey: Journey) -> Streams:
    try:
        if tls is None:
            return await asyncio.open_connection(sock=sock)
        with journey.hop("TLS"):
            return await asyncio.open_connection(sock=sock, ssl=tls, server_hostname=address.host)
    except BaseException:
        sock.close()
        raise
