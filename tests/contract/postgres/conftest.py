"""The provider against the sandbox's server, started once a test process."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import msgspec
import psycopg
import pytest
import pytest_asyncio

from providers.core.config import Postgres as Settings
from providers.core.config import SecretSource, Thresholds
from providers.core.secret import Secret
from providers.postgres.provider import Postgres
from sandbox.member import Grounds
from sandbox.postgres.cluster import SUPERUSER
from sandbox.postgres.server import DATABASE, start
from sandbox.postgres.server import Postgres as Server
from tests.contract.postgres.small import Small, installed, made
from tests.contract.sandbox.member_config import passable

Connect = Callable[..., Postgres]
Apply = Callable[..., Any]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    home = tmp_path_factory.mktemp("estate")
    (home / "postgres").mkdir(mode=0o700)
    passable(home)
    found = await start(Grounds(home, home / "postgres", 7))
    yield found
    await found.stop()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def older(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Small]:
    """A server of the oldest release on this machine."""
    programs = installed()
    if programs is None:
        pytest.skip("no other PostgreSQL is installed")
    home = tmp_path_factory.mktemp("older")
    found = await made(home, programs)
    async with found.running(home):
        async with await found.session() as admin:
            await admin.execute("CREATE EXTENSION pg_stat_statements")
        yield found


def plain_port(server: Server) -> int:
    """The port past TLS."""
    return int(psycopg.conninfo.conninfo_to_dict(server.plain("oncall"))["port"] or 0)


def settings(server: Server, user: str, /, **changes: Any) -> Settings:
    """How the console is told of the server, as one of its users."""
    where = psycopg.conninfo.conninfo_to_dict(server.dsn(user))
    found = Settings(
        host="127.0.0.1",
        port=server.front.port,
        user=user,
        database=DATABASE,
        sslrootcert=str(where["sslrootcert"]),
        password=SecretSource(literal=Secret(str(where["password"]))),
    )
    return msgspec.structs.replace(found, **changes)


@pytest_asyncio.fixture(loop_scope="session")
async def connect(server: Server) -> AsyncIterator[Connect]:
    """A provider as one of the sandbox's users; closed at the end."""
    opened: list[Postgres] = []

    def provider(user: str, /, thresholds: Thresholds | None = None, **changes: Any) -> Postgres:
        opened.append(Postgres("test", settings(server, user, **changes), thresholds or Thresholds()))
        return opened[-1]

    yield provider
    for one in opened:
        await one.__aexit__(None, None, None)


@pytest_asyncio.fixture(loop_scope="session")
async def session(server: Server) -> AsyncIterator[Apply]:
    """Real sessions of the bridge: `await session()` is a connection, in a transaction from its first statement on."""
    opened: list[psycopg.AsyncConnection[Any]] = []

    async def make(user: str = "fusion_app", database: str = DATABASE, **options: Any) -> psycopg.AsyncConnection[Any]:
        opened.append(await psycopg.AsyncConnection.connect(server.plain(user, database), **options))
        return opened[-1]

    yield make
    for one in opened:
        await one.close()


@pytest_asyncio.fixture(loop_scope="session")
async def database(server: Server) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
    """A database of the test's own, as its superuser."""
    admin = await psycopg.AsyncConnection.connect(server.plain(SUPERUSER, "postgres"), autocommit=True)
    await admin.execute("CREATE DATABASE apart")
    inside = await psycopg.AsyncConnection.connect(server.plain(SUPERUSER, "apart"), autocommit=True)
    yield inside
    await inside.close()
    await admin.execute("DROP DATABASE apart WITH (FORCE)")
    await admin.close()
