"""What can be wrong with the database: really so after inject, and over after heal."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import psycopg
import pytest
import pytest_asyncio

from providers.core.errors import Unreachable, UsageError
from sandbox.postgres.cluster import RESERVING
from sandbox.postgres.faults import DATABASE_FAULTS
from sandbox.postgres.server import Postgres, start
from sandbox.programs import POSTGRES, given
from tests.contract.sandbox.member_config import grounds_of

pytestmark = pytest.mark.asyncio(loop_scope="module")
FAULTS = {fault.name: fault for fault in DATABASE_FAULTS}


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=list(dict.fromkeys((None, given(POSTGRES)))))
async def postgres(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> AsyncIterator[Postgres]:
    """The packaged release, and another where one is named."""
    server = await start(grounds_of(tmp_path_factory.mktemp("estate"), "postgres"), request.param)
    yield server
    await server.stop()


@asynccontextmanager
async def broken(postgres: Postgres, name: str) -> AsyncIterator[None]:
    """Both may be called twice."""
    for _ in range(2):
        await FAULTS[name].inject(postgres)
    try:
        yield
    finally:
        for _ in range(2):
            await FAULTS[name].heal(postgres)


async def ask(postgres: Postgres, query: str, user: str = "oncall") -> list[tuple[Any, ...]]:
    async with await psycopg.AsyncConnection.connect(postgres.dsn(user), autocommit=True) as connection:
        return await (await connection.execute(query)).fetchall()  # type: ignore[arg-type]


async def until(postgres: Postgres, query: str) -> list[tuple[Any, ...]]:
    """The rows, as soon as there are any."""
    async with asyncio.timeout(15):
        while not (rows := await ask(postgres, query)):
            pass
    return rows


_MEAN = (
    "SELECT mean_exec_time FROM pg_stat_statements WHERE query LIKE 'SELECT * FROM swaps JOIN htlcs%%' AND calls > 2"
)


async def test_without_the_index_a_swap_is_looked_up_twenty_times_slower(postgres: Postgres) -> None:
    ((before,),) = await until(postgres, _MEAN)
    async with broken(postgres, "slow-query"):
        async with await postgres.superuser() as connection:
            await connection.execute("SELECT pg_stat_statements_reset()")
        ((during,),) = await until(postgres, _MEAN)
        assert during > 20 * before
    assert await ask(postgres, "SELECT 1 FROM pg_indexes WHERE indexname = 'htlcs_swap'")
    assert await ask(postgres, "SELECT count(*) FROM htlcs") < [(20_000,)]


_TREE = """
WITH RECURSIVE waits AS (
  SELECT pid, application_name, unnest(pg_blocking_pids(pid)) AS by FROM pg_stat_activity WHERE wait_event_type = 'Lock'
), tree AS (
  SELECT pid, 1 AS depth, application_name AS root FROM pg_stat_activity
    WHERE state = 'idle in transaction' AND pid IN (SELECT by FROM waits) AND pid NOT IN (SELECT pid FROM waits)
  UNION SELECT waits.pid, depth + 1, root FROM tree JOIN waits ON by = tree.pid)
SELECT root, max(depth) FROM tree GROUP BY root HAVING max(depth) >= 3"""


async def test_a_lock_is_waited_for_in_three_levels(postgres: Postgres) -> None:
    async with broken(postgres, "lock-tree"):
        ((root, _),) = await until(postgres, _TREE)
        assert root == "fusion-bitcoin-relayer"
    assert not await ask(postgres, _TREE)


async def test_whoever_is_on_call_can_end_the_root_of_the_tree(postgres: Postgres) -> None:
    async with broken(postgres, "lock-tree"):
        await until(postgres, _TREE)
        root = "state = 'idle in transaction' AND query LIKE '%liquidity_pools%' AND application_name LIKE '%relayer'"
        await ask(postgres, f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {root}")
        async with asyncio.timeout(15):
            while await ask(postgres, _TREE):
                pass


async def test_transactions_sit_idle(postgres: Postgres) -> None:
    idle = (
        "SELECT application_name FROM pg_stat_activity WHERE state = 'idle in transaction' AND query ~ %s"
        " AND xact_start < now() - interval '300 ms' ORDER BY 1"
    ).replace("%s", "'relayer_transactions|count'")
    async with broken(postgres, "idle-in-transaction"):
        async with asyncio.timeout(15):
            while len(rows := await ask(postgres, idle)) < 2:
                pass
        assert rows == [("fusion-bitcoin-frontend",), ("fusion-bitcoin-relayer",)]
    assert not await ask(postgres, idle)


async def test_no_connection_is_left_but_for_whoever_is_on_call(postgres: Postgres) -> None:
    async with broken(postgres, "connections-exhausted"):
        with pytest.raises(psycopg.OperationalError, match="connection slots are reserved"):
            await ask(postgres, "SELECT 1", "viewer")
        with pytest.raises(Unreachable, match="connection slots are reserved"):
            await FAULTS["lock-tree"].inject(postgres)
        count = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'fusion_app'"
        if postgres.server.release < RESERVING:
            with pytest.raises(psycopg.OperationalError, match="connection slots are reserved"):
                await ask(postgres, count)
        else:
            assert await ask(postgres, count) > [(45,)]
    assert await ask(postgres, "SELECT 1", "viewer") == [(1,)]


async def test_the_statistics_are_missing(postgres: Postgres) -> None:
    async with broken(postgres, "stats-extension-missing"):
        with pytest.raises(psycopg.errors.UndefinedTable):
            await ask(postgres, "SELECT 1 FROM pg_stat_statements")
    assert await ask(postgres, "SELECT 1 FROM pg_stat_statements LIMIT 1")


async def test_the_password_is_refused_and_the_session_ended(postgres: Postgres) -> None:
    held = await psycopg.AsyncConnection.connect(postgres.dsn("oncall"), autocommit=True)
    async with broken(postgres, "db-auth-failed"):
        with pytest.raises(psycopg.OperationalError, match="password authentication failed for user"):
            await ask(postgres, "SELECT 1")
        with pytest.raises(psycopg.OperationalError):
            await held.execute("SELECT 1")
    await held.close()
    assert await ask(postgres, "SELECT 1") == [(1,)]


async def test_the_server_is_down_and_comes_back_with_its_rows(postgres: Postgres) -> None:
    port = postgres.front.port
    held = await psycopg.AsyncConnection.connect(postgres.dsn("viewer"), autocommit=True)
    async with broken(postgres, "db-down"):
        with pytest.raises(psycopg.OperationalError, match="Connection refused"):
            await ask(postgres, "SELECT 1")
        with pytest.raises(psycopg.OperationalError):
            await held.execute("SELECT 1")
        for name in ("slow-query", "lock-tree", "idle-in-transaction", "connections-exhausted"):
            with pytest.raises(UsageError, match="database is down"):
                await FAULTS[name].inject(postgres)
        await FAULTS["lock-tree"].heal(postgres)
    await held.close()
    assert postgres.front.port == port
    assert await ask(postgres, "SELECT count(*) FROM swaps") >= [(6000,)]
    await until(postgres, "SELECT 1 FROM pg_stat_activity WHERE application_name = 'fusion-bitcoin-relayer'")
