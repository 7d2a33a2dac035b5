"""The database as one user: a few read-only connections of its own, and one more for each change."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final, TypeVar

from providers.core.config import Aws, Postgres
from providers.core.errors import ConfigError, Invalid, Refused, ServerFault, TimedOut, Unreachable
from providers.postgres.address import Dial
from providers.postgres.catalog import OLDEST, statement
from providers.postgres.decoding import Row, shaped
from providers.postgres.link import Link, Query
from providers.postgres.login import Login

T = TypeVar("T")

MOST: Final = 3
"""Connections for reading, all feeds and checks together."""
SPARE: Final = 1.5
"""Seconds beyond statement_timeout after which it is not the server that is slow but the way to it."""


class PgClient:
    """Reads go over at most three kept connections; a change opens one of its own and is sent exactly once.

    Every method raises the core's BackendErrors (and ConfigError for settings and secrets). `dial` says where to
    connect to instead of the configured host: the near end of a tunnel.
    """

    def __init__(self, source: str, settings: Postgres, aws: Aws | None = None, dial: Dial | None = None) -> None:
        self.source = source
        self.settings = settings
        self.login = Login(source, settings, aws, dial)
        self.deadline = settings.statement_timeout + SPARE
        """Seconds after which a reading is given up: waiting for a connection and opening one included."""
        self.known_as = ""
        """The role the server let in; "" before the first connection."""
        self._places = asyncio.Semaphore(MOST)
        self._idle: list[Link] = []
        self._links: set[Link] = set()
        self._closed = False

    @property
    def target(self) -> str:
        """Where it is, as far as the configuration says."""
        return self.login.target

    @property
    def own_pids(self) -> list[int]:
        """The server's processes of the connections held now."""
        return [link.pid for link in self._links if not link.closed]

    async def read(self, name: str, given: Mapping[str, Any] | None = None) -> list[Row]:
        """The rows of a statement of the catalogue, in the form the server can run."""
        rows, _ = await self._in_time(lambda link: statement(name, link.version), given)
        return rows

    async def values(self, name: str, shape: type[T], given: Mapping[str, Any] | None = None) -> tuple[T, ...]:
        """The same, as values. Raises Garbled when the rows are not as promised."""
        return shaped(await self.read(name, given), shape, self.source)

    async def ask(self, query: Query, given: Mapping[str, Any] | None = None) -> list[Row]:
        """The rows of a statement made elsewhere."""
        rows, _ = await self._in_time(lambda _: query, given)
        return rows

    async def ping(self, name: str) -> tuple[Row, float]:
        """The one row of a statement, and the seconds it took on an open connection."""
        rows, took = await self._in_time(lambda link: statement(name, link.version), None)
        return rows[0], took

    async def act(self, query: Query, given: Mapping[str, Any]) -> list[Row]:
        """Send one change once, over a connection that may write.

        Raises Refused when there is no connection: nothing was sent. Unreachable and TimedOut mean: outcome unknown.
        """
        try:
            link = await self._connect(read_only=False)
        except (ConfigError, ServerFault, Unreachable) as error:
            raise Refused(f"no connection to send it over: {error.message}", fix=error.fix) from None
        try:
            return await link.ask(query, given, deadline=self.deadline)
        finally:
            await self._discard(link)

    @asynccontextmanager
    async def apart(self) -> AsyncGenerator[Link, None]:
        """A read-only connection of one's own, with the role's search_path; closed afterwards."""
        link = await self._connect(read_only=True, own_path=False)
        try:
            yield link
        finally:
            await self._discard(link)

    async def aclose(self) -> None:
        """Close every connection for good."""
        self._closed = True
        links, self._links, self._idle = self._links, set(), []
        for link in links:
            await link.aclose()

    async def _in_time(
        self, query: Callable[[Link], Query], given: Mapping[str, Any] | None
    ) -> tuple[list[Row], float]:
        patience = asyncio.timeout(self.deadline)
        try:
            async with patience, self._places:
                return await self._lent(query, given)
        except TimeoutError:
            raise TimedOut(f"no answer within {self.deadline:g} s", source=self.source) from None

    async def _lent(self, query: Callable[[Link], Query], given: Mapping[str, Any] | None) -> tuple[list[Row], float]:
        """Rows, and the seconds they took. A connection that was idle and turns out to be gone is replaced."""
        while True:
            link = await self._take()
            was_used, started = link.used, time.monotonic()
            try:
                return await link.ask(query(link), given, deadline=self.deadline), time.monotonic() - started
            except (ServerFault, Unreachable) as error:
                if not (was_used and link.closed) or isinstance(error, TimedOut):
                    raise
            finally:
                await self._give_back(link)

    async def _take(self) -> Link:
        while self._idle:
            link = self._idle.pop()
            if not link.closed:
                return link
            self._links.discard(link)
        return await self._connect(read_only=True)

    async def _give_back(self, link: Link) -> None:
        if link.idle and link in self._links:
            self._idle.append(link)
        else:
            await self._discard(link)

    async def _discard(self, link: Link) -> None:
        self._links.discard(link)
        await link.aclose()

    async def _connect(self, *, read_only: bool, own_path: bool = True) -> Link:
        link = await self.login.open(read_only=read_only, own_path=own_path)
        self.known_as = link.user
        self._links.add(link)
        if self._closed or link.version < OLDEST:
            await self._discard(link)
            why = "the console is being left" if self._closed else f"PostgreSQL {OLDEST // 10000} or newer is needed"
            raise Invalid(why, source=self.source)
        return link
