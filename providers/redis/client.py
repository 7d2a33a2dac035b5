"""Requests to one cache: one connection for all reading, every wait bounded, every failure a word of the core's."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Any, Final

from providers.core.config import Redis as Settings
from providers.core.errors import BackendError, TimedOut, Unreachable
from providers.core.text import clean
from providers.redis.address import Address, Through
from providers.redis.door import Door
from providers.redis.wire import Command, Journey, Wire, Word

DEADLINE: Final = 3.0
"""Seconds for one exchange, connecting and waiting for a turn included."""


_WAITS: Final = {
    "DNS": "look at this machine's name servers",
    "connect": "look at routes and security groups: nothing refuses, nothing answers",
    "TLS": "check that the port speaks TLS",
}


class RedisClient:
    """One cache as one user. What reads goes over one shared connection and may be tried twice.

    A change is sent on a connection of its own (`connect`), once. Every method raises the core's BackendErrors, and
    ConfigError for a password or a file of certificates that cannot be read.
    """

    def __init__(self, source: str, settings: Settings, through: Through | None = None) -> None:
        self.source = source
        self.settings = settings
        self.door = Door(source, settings, through)
        self.known_as = ""
        """The user the server takes us for; "" before it was asked."""
        self.round_trip = 0.0
        """Seconds of the last exchange, without the wait for its turn."""
        self._journey: Journey | None = None
        self._wire: Wire | None = None
        self._turn = asyncio.Lock()

    @property
    def user(self) -> str:
        return self.known_as or self.settings.username or "default"

    @property
    def database(self) -> int:
        return self.door.database

    @property
    def address(self) -> Address:
        """The server that answers: behind a Sentinel, the master it named."""
        return self._wire.address if self._wire else self.door.address

    @property
    def target(self) -> str:
        """Server and database, as an operator would write them."""
        scheme = "rediss" if self.settings.secure else "redis"
        return clean(f"{scheme}://{self.address}/{self.database}", 200)

    async def aclose(self) -> None:
        """Close the connection."""
        wire, self._wire = self._wire, None
        if wire is not None:
            await wire.drop()

    async def ask(self, *words: Word, deadline: float = DEADLINE) -> Any:
        """The reply to one command that reads."""
        (reply,) = await self.ask_all([words], deadline=deadline)
        if isinstance(reply, BackendError):
            raise reply
        return reply

    async def ask_all(self, commands: Sequence[Command], *, deadline: float = DEADLINE) -> list[Any]:
        """The replies to several that read, sent in one go; a refused one has its BackendError in its place."""
        await self.door.prepare()
        patience = asyncio.timeout(deadline)
        try:
            async with patience, self._turn:
                return await self._asked(commands)
        except TimeoutError:
            if not patience.expired():
                raise
            at = self._journey.at if self._journey else ""
            raise self._late(at or str(commands[0][0]), deadline) from None

    async def connect(self, deadline: float = DEADLINE) -> Wire:
        """A connection of its own, logged in and on the configured database; whoever asks for it drops it."""
        await self.door.prepare()
        patience = asyncio.timeout(deadline)
        try:
            async with patience:
                return await self.door.open()
        except TimeoutError:
            if not patience.expired():
                raise
            raise self._late("connecting", deadline) from None

    async def who_am_i(self) -> str:
        """The user's name as the server knows it (ACL WHOAMI, Redis 6), else the configured one."""
        if not self.known_as:
            reply = (await self.ask_all([("ACL", "WHOAMI")]))[0]
            self.known_as = "" if isinstance(reply, BackendError) else clean(reply, 120)
        return self.user

    async def _asked(self, commands: Sequence[Command]) -> list[Any]:
        used, wire = self._wire, await self._connected()
        try:
            return await self._exchange(wire, commands)
        except TimedOut:
            raise
        except Unreachable:
            # A server ends idle connections, and a restart ends all: that is no news until a fresh one fails, too.
            if used is None:
                raise
        return await self._exchange(await self._connected(), commands)

    async def _exchange(self, wire: Wire, commands: Sequence[Command]) -> list[Any]:
        started = time.monotonic()
        replies = await wire.call_all(commands)
        self.round_trip = time.monotonic() - started
        return replies

    async def _connected(self) -> Wire:
        if self._wire is None or not self._wire.is_connected:
            self._wire, self._journey = None, Journey()
            self._wire = await self.door.open(self._journey)
            self._journey = None
        return self._wire

    def _late(self, what: str, deadline: float) -> TimedOut:
        where = clean(str(self.address), 120)
        fix = _WAITS.get(what, "is the server stopped, or busy with one long command? Try: redis-cli --latency")
        return TimedOut(f"{where}: no answer to {what} within {deadline:g} s", source=self.source, fix=fix)
