"""One connection: every statement is bounded from here, and the connection given up when there was no answer."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Awaitable, Mapping
from contextlib import suppress
from typing import Any, Final, TypeVar

import psycopg
from psycopg.conninfo import make_conninfo
from psycopg.rows import dict_row

from providers.core.errors import TimedOut, Unreachable
from providers.core.secret import Secret
from providers.core.text import clean
from providers.postgres.address import CONNECT_TIMEOUT, Parameters, resolved
from providers.postgres.answers import connect_error, query_error
from providers.postgres.decoding import ADAPTERS, Row

T = TypeVar("T")
Query = bytes | psycopg.sql.Composed
Connection = psycopg.AsyncConnection[Row]
CONNECT_DEADLINE: Final = 2.0 * CONNECT_TIMEOUT
"""Seconds for name, connection, TLS and login together, whatever number of addresses the name has."""
_CUT: Final = 1.0


class Link:
    """A connection that is either answered in time or closed."""

    def __init__(self, connection: Connection, source: str) -> None:
        self._connection = connection
        self._source = source
        self.used = False
        """Whether it was answered before: one that was idle may have been ended meanwhile."""

    @property
    def pid(self) -> int:
        return self._connection.info.backend_pid

    @property
    def user(self) -> str:
        return clean(self._connection.info.user, 120)

    @property
    def version(self) -> int:
        """server_version_num."""
        return self._connection.info.server_version

    @property
    def closed(self) -> bool:
        return self._connection.closed

    @property
    def idle(self) -> bool:
        """Whether it can be given to somebody else."""
        idle = psycopg.pq.TransactionStatus.IDLE
        return not self._connection.closed and self._connection.info.transaction_status is idle

    async def ask(
        self, query: Query, given: Mapping[str, Any] | None = None, *, deadline: float, single: bool = False
    ) -> list[Row]:
        """The rows of one statement, sent once. `single` lets the server refuse a text of several statements.

        Raises what `query_error` makes of an answer; TimedOut when there is none in time, and then it is closed.
        """
        rows = await self._bounded(self._ask(query, given, single), deadline)
        self.used = True
        return rows

    async def aclose(self) -> None:
        """Close it without waiting for the server."""
        await self._connection.close()

    async def _ask(self, query: Query, given: Mapping[str, Any] | None, single: bool) -> list[Row]:
        try:
            cursor = await self._connection.execute(query, given, prepare=single or None)
            return await cursor.fetchall() if cursor.description else []
        except psycopg.Error as error:
            raise query_error(error, self._source) from None

    async def _bounded(self, work: Awaitable[T], deadline: float) -> T:
        """Its result. A cancelled psycopg call asks the server to cancel, and waits up to 10 s for that on a dead link:
        so it is not cancelled, its socket is shut down instead, which ends it at once."""
        task = asyncio.ensure_future(work)
        try:
            done, _ = await asyncio.wait({task}, timeout=deadline)
            if done:
                return task.result()
        finally:
            if not task.done():
                self._cut()
                await asyncio.wait({task}, timeout=_CUT)
                task.cancel()
                task.add_done_callback(_forget)
        raise TimedOut(f"no answer within {deadline:g} s", source=self._source)

    def _cut(self) -> None:
        with suppress(OSError, psycopg.Error), socket.socket(fileno=os.dup(self._connection.fileno())) as twin:
            twin.shutdown(socket.SHUT_RDWR)


async def connect(
    parameters: Parameters, password: Secret | None, source: str, cursor: type[psycopg.AsyncCursor[Row]] | None = None
) -> Link:
    """Open a connection in autocommit. Raises Unreachable, TimedOut, Untrusted, Unauthenticated, Throttled …"""
    secret = {"password": password.reveal()} if password else {}
    try:
        async with asyncio.timeout(CONNECT_DEADLINE):
            parameters = await resolved(parameters)
            connection: Connection = await psycopg.AsyncConnection.connect(
                make_conninfo("", **parameters, **secret),
                autocommit=True, context=_Context(), row_factory=dict_row, cursor_factory=cursor,
            )  # fmt: skip
    except psycopg.Error as error:
        raise connect_error(error, source) from None
    except socket.gaierror as error:
        host = clean(parameters.get("host", ""), 100)
        said = f"the name {host} does not resolve: {error.strerror}"
        raise Unreachable(said, source=source, fix="check postgres.host, this machine's resolver, or the VPN") from None
    except TimeoutError:
        where = clean(parameters.get("host", "") or "the server", 100)
        raise TimedOut(f"{where}: no connection within {CONNECT_DEADLINE:g} s", source=source) from None
    return Link(connection, source)


class _Context:
    """What psycopg takes its adapters from."""

    adapters = ADAPTERS
    connection = None


def _forget(task: asyncio.Future[Any]) -> None:
    if not task.cancelled():
        task.exception()  # read, so that nothing is said about it when it is collected
