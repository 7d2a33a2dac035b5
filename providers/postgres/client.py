"""The database as one user: a few read-only connections of its own, and one more for each change."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final, TypeVar

from psycopg.conninfo import make_conninfo

from providers.core.config import Aws, Postgres
from providers.core.errors import Denied, Refused, TimedOut, Unauthenticated, Unreachable
from providers.core.secret import Secret
from providers.core.text import clean
from providers.postgres.address import Dial, Parameters, options, parameters, place
from providers.postgres.catalog import OLDEST, statement
from providers.postgres.decoding import Row, shaped
from providers.postgres.iam import token
from providers.postgres.link import Link, Query, connect

T = TypeVar("T")

MOST: Final = 3
"""Connections for reading, all feeds and checks together."""
LOGIN_PAUSE: Final = 30.0
"""Seconds between two tries to log in with credentials that were refused."""
SPARE: Final = 2.0
"""Seconds beyond statement_timeout after which it is not the server that is slow but the way to it."""
_SAID: Final = ("host", "port", "user", "dbname", "sslmode", "sslrootcert")


class PgClient:
    """Reads go over at most three kept connections; a change opens one of its own and is sent exactly once.

    Every method raises the core's BackendErrors (and ConfigError for settings and secrets). `dial` says where to
    connect to instead of the configured host: the near end of a tunnel.
    """

    def __init__(self, source: str, settings: Postgres, aws: Aws | None = None, dial: Dial | None = None) -> None:
        self.source = source
        self.settings = settings
        self.deadline = settings.statement_timeout + SPARE
        self.known_as = ""
        """The role the server let in; "" before the first connection."""
        self._aws = aws
        self._dial = dial
        self._places = asyncio.Semaphore(MOST)
        self._idle: list[Link] = []
        self._links: set[Link] = set()
        self._refusal: tuple[float, Unauthenticated] | None = None

    @property
    def target(self) -> str:
        """Where it is, as far as the configuration says: host:port, or the directory of a socket."""
        host, port = place(parameters(self.settings))
        return clean(f"{host or 'local socket'}:{port}", 200)

    @property
    def conninfo(self) -> str:
        """For psql by hand, without a password."""
        found = parameters(self.settings)
        return make_conninfo("", **{key: found[key] for key in _SAID if key in found})

    @property
    def own_pids(self) -> list[int]:
        """The server's processes of the connections held now."""
        return [link.pid for link in self._links if not link.closed]

    async def read(self, name: str, given: Mapping[str, Any] | None = None) -> list[Row]:
        """The rows of a statement of the catalogue, in the form the server can run."""
        rows, _ = await self._lent(lambda link: statement(name, link.version), given)
        return rows

    async def values(self, name: str, shape: type[T], given: Mapping[str, Any] | None = None) -> tuple[T, ...]:
        """The same, as values. Raises Garbled when the rows are not as promised."""
        return shaped(await self.read(name, given), shape, self.source)

    async def ask(self, query: Query, given: Mapping[str, Any] | None = None) -> list[Row]:
        """The rows of a statement made elsewhere."""
        rows, _ = await self._lent(lambda _: query, given)
        return rows

    async def ping(self, name: str) -> tuple[Row, float]:
        """The one row of a statement, and the seconds it took on an open connection."""
        rows, took = await self._lent(lambda link: statement(name, link.version), None)
        return rows[0], took

    async def act(self, query: Query, given: Mapping[str, Any]) -> list[Row]:
        """Send one change once, over a connection that may write.

        Raises Refused when there is no connection: nothing was sent. Unreachable and TimedOut mean: outcome unknown.
        """
        try:
            link = await self._connect(read_only=False)
        except Unreachable as error:
            raise Refused(f"no connection to send it over: {error.message}") from None
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

    async def reached(self) -> tuple[Parameters, Secret | None]:
        """Where to and with what a connection is opened now: parameters, password (None: the passfile's)."""
        found = parameters(self.settings)
        host, port = place(found)
        secret = await self._password(found, host, port)
        if self._dial is not None:
            address, near = await self._dial(host, port)
            found |= {"hostaddr": address, "port": str(near)}
        return found, secret

    async def aclose(self) -> None:
        """Close every connection."""
        links, self._links, self._idle = self._links, set(), []
        for link in links:
            await link.aclose()

    async def _lent(self, query: Any, given: Mapping[str, Any] | None) -> tuple[list[Row], float]:
        """Rows, and the seconds they took. One that had been idle and turns out to be gone is replaced, once."""
        async with self._place():
            while True:
                link = await self._take()
                was_used, started = link.used, time.monotonic()
                try:
                    rows = await link.ask(query(link), given, deadline=self.deadline)
                except BaseException as error:
                    await self._give_back(link)
                    if was_used and link.closed and not isinstance(error, TimedOut | asyncio.CancelledError):
                        continue
                    raise
                await self._give_back(link)
                return rows, time.monotonic() - started

    @asynccontextmanager
    async def _place(self) -> AsyncGenerator[None, None]:
        patience = asyncio.timeout(self.deadline)
        try:
            async with patience:
                await self._places.acquire()
        except TimeoutError:
            raise TimedOut(f"all {MOST} connections are busy", source=self.source) from None
        try:
            yield
        finally:
            self._places.release()

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
        self._check_refusal()
        found, secret = await self.reached()
        given = found.get("options", "")
        found["options"] = options(given, self.settings.statement_timeout, read_only=read_only, own_path=own_path)
        try:
            link = await connect(found, secret, self.source)
        except Unauthenticated as error:
            self._refusal = time.monotonic(), error
            raise
        self._refusal = None
        self.known_as = link.user
        self._links.add(link)
        if link.version < OLDEST:
            await self._discard(link)
            raise Denied(f"the server is too old: PostgreSQL {OLDEST // 10000} or newer is needed", source=self.source)
        return link

    def _check_refusal(self) -> None:
        """Refused credentials are not tried again at once: servers lock out whoever does."""
        if self._refusal is not None and time.monotonic() - self._refusal[0] < LOGIN_PAUSE:
            raise self._refusal[1]

    async def _password(self, found: Parameters, host: str, port: int) -> Secret | None:
        if self.settings.iam_auth:
            return await token(host, port, found.get("user", ""), self._aws, self.source)
        if self.settings.password is not None:
            return await self.settings.password.resolve()
        return Secret(found.pop("password")) if "password" in found else None
