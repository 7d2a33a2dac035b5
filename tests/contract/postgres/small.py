"""Servers of other releases, where this machine has them: made, started and ended by the test itself."""

from __future__ import annotations

import asyncio
import secrets
import signal
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import psycopg

from providers.core.config import Postgres as Settings
from providers.core.config import SecretSource
from providers.core.secret import Secret
from sandbox.child import Child
from sandbox.ports import free_port
from sandbox.postgres.cluster import SUPERUSER, make, server_uid
from tests.contract.sandbox.member_config import passable


def installed() -> Path | None:
    """The programs of the oldest release on this machine."""
    found = sorted(Path("/usr/lib/postgresql").glob("[1-9][0-9]/bin/postgres"))
    return found[0].parent if found else None


class Small:
    """A server with its superuser only; no TLS."""

    def __init__(self, data: Path, programs: Path, password: str) -> None:
        self.data = data
        self.programs = programs
        self.password = password
        self.port = free_port()

    def settings(self, user: str = SUPERUSER, database: str = "postgres", **changes: Any) -> Settings:
        secret = SecretSource(literal=Secret(self.password))
        return Settings(
            host="127.0.0.1",
            port=self.port,
            user=user,
            database=database,
            sslmode="disable",
            password=secret,
            **changes,
        )

    async def session(self, database: str = "postgres", **options: Any) -> psycopg.AsyncConnection[Any]:
        where = f"host=127.0.0.1 port={self.port} user={SUPERUSER} password={self.password} dbname={database}"
        return await psycopg.AsyncConnection.connect(where, connect_timeout=3, **options)

    @asynccontextmanager
    async def running(self, home: Path, *flags: str) -> AsyncGenerator[None, None]:
        """Start it with these settings ("name=value") and end it."""
        command = [str(self.programs / "postgres"), "-D", str(self.data), "-p", str(self.port)]
        child = await Child.start(
            home, f"small-{self.port}", [*command, *(word for flag in flags for word in ("-c", flag))],
            environ={"LC_ALL": "C", "TZ": "UTC"}, uid=server_uid(), ending=signal.SIGINT,
        )  # fmt: skip
        try:
            await self._answering(child)
            yield
        finally:
            await child.stop(signal.SIGINT)

    async def _answering(self, child: Child) -> None:
        async with asyncio.timeout(20):
            while True:
                try:
                    await (await self.session()).close()
                except psycopg.OperationalError:
                    assert child.running, child.silent("it ended")
                    await asyncio.sleep(0)
                else:
                    return


async def made(home: Path, programs: Path) -> Small:
    """A new cluster in a directory of its own below `home`."""
    directory = home / f"small-{secrets.token_hex(3)}"
    directory.mkdir(mode=0o700)
    passable(home)
    password = secrets.token_urlsafe(12)
    return Small(await make(directory, programs, password), programs, password)
