"""Sessions of the bridge that a fault holds open."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final, LiteralString

import psycopg

Connection = psycopg.AsyncConnection[tuple[Any, ...]]

_ENDING: Final = 5.0
"""Seconds a session may take to notice that it has been ended."""


class Sessions:
    """`dsn` says whose they are; each carries the name of a service."""

    def __init__(self, dsn: Callable[[], str]) -> None:
        self._dsn = dsn
        self._open: list[Connection] = []
        self._waiting: list[asyncio.Task[Any]] = []

    def __len__(self) -> int:
        return sum(1 for connection in self._open if not connection.closed)

    async def begin(self, service: str, *statements: LiteralString, autocommit: bool = False) -> Connection:
        """A session that has run these in one transaction, and now does nothing. Raises psycopg.Error."""
        connection = await psycopg.AsyncConnection.connect(
            self._dsn(), application_name=f"fusion-bitcoin-{service}", autocommit=autocommit, connect_timeout=10
        )
        self._open.append(connection)
        for statement in statements:
            await connection.execute(statement)
        return connection

    def wait(self, connection: Connection, statement: LiteralString) -> None:
        """Let the session run what has to wait, and commit when it need not any longer."""
        self._waiting.append(asyncio.create_task(_wait(connection, statement)))

    async def end(self, superuser: Connection | None) -> None:
        """Roll all of them back; without a server (None) they are gone already."""
        pids = [connection.info.backend_pid for connection in self._open if not connection.closed]
        if superuser is not None:
            await superuser.execute("SELECT pg_terminate_backend(pid) FROM unnest(%s::int[]) AS pid", (pids,))
        if self._waiting:
            await asyncio.wait(self._waiting, timeout=_ENDING)
        for connection in self._open:
            await connection.close()
        self._open.clear()
        self._waiting.clear()


async def _wait(connection: Connection, statement: LiteralString) -> None:
    with suppress(psycopg.Error):
        await connection.execute(statement)
        await connection.commit()
