"""What can be wrong with the database."""

from __future__ import annotations

import re
import secrets
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from importlib.resources import files
from typing import Final

import psycopg
from psycopg import sql

from providers.core.errors import Unreachable, UsageError
from sandbox.cluster.nodes.estate.config import DATABASE
from sandbox.fault import Fault, Felt
from sandbox.postgres.seeding import APPLICATION, SWAPS, verifier
from sandbox.postgres.server import Postgres
from sandbox.postgres.sessions import Connection, Sessions
from sandbox.until import until

Step = Callable[[Postgres], Awaitable[None]]

POOL: Final = "btc-hot"
"""The row of liquidity_pools that the root of the lock tree holds."""
_HELD: Final = SWAPS - 10
"""A swap that is kept for long, and that the second level of the tree holds."""
_SERVICES: Final = ("relayer", "resolver", "frontend")
_MOST: Final = 200
"""Sessions to open at most, whatever the server says."""
_FULL: Final = re.compile("connection slots are reserved|too many clients")
_SHOWS: Final = 10.0
"""Seconds within which a fault must show."""


# -- the server


async def _down(postgres: Postgres) -> None:
    await postgres.front.hang_up()
    if not postgres.child.running:
        return
    async with _superuser(postgres) as connection:
        # Commits do not wait for the log here (synchronous_commit = off): a crash would lose what was made just now.
        await connection.execute("CHECKPOINT")
    # At once, as after a crash: sessions are cut, and the next start recovers.
    await postgres.server.stop(signal.SIGQUIT)


async def _up(postgres: Postgres) -> None:
    if not postgres.child.running:
        await postgres.server.start()
    postgres.front.listen()


@contextmanager
def _running(postgres: Postgres) -> Iterator[None]:
    """Work that needs the server. Raises UsageError when it is down, Unreachable when it refuses."""
    if not postgres.child.running:
        raise UsageError("the database is down", fix="fusion-console sandbox heal db-down")
    try:
        yield
    except psycopg.Error as error:
        raise Unreachable(f"the database does not do it: {error}") from error


@asynccontextmanager
async def _superuser(postgres: Postgres) -> AsyncIterator[Connection]:
    with _running(postgres):
        async with await postgres.superuser() as connection:
            yield connection


# -- what is missing in it


async def _slow(postgres: Postgres) -> None:
    async with _superuser(postgres) as connection, connection.transaction():
        await connection.execute((files("sandbox.postgres") / "slow.sql").read_bytes())


async def _fast(postgres: Postgres) -> None:
    async with _superuser(postgres) as connection:
        await connection.execute((files("sandbox.postgres") / "fast.sql").read_bytes())
        await connection.execute("VACUUM (ANALYZE) htlcs")


async def _drop_statistics(postgres: Postgres) -> None:
    async with _superuser(postgres) as connection:
        await connection.execute("DROP EXTENSION IF EXISTS pg_stat_statements")


async def _create_statistics(postgres: Postgres) -> None:
    async with _superuser(postgres) as connection:
        await connection.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")


async def _lock_out(postgres: Postgres) -> None:
    await _change_password(postgres, secrets.token_urlsafe(18))


async def _let_in(postgres: Postgres) -> None:
    await _change_password(postgres, postgres.passwords["oncall"])


async def _change_password(postgres: Postgres, password: str) -> None:
    """And end the sessions of before, so that the next login decides."""
    async with _superuser(postgres) as connection:
        change = sql.SQL("ALTER ROLE oncall PASSWORD {}")
        await connection.execute(change.format(sql.Literal(verifier(connection, "oncall", password))))
        await connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'oncall'")


# -- sessions


async def _lock_tree(postgres: Postgres) -> None:
    sessions = _sessions(postgres, "lock-tree")
    if len(sessions):
        return
    pool = f"UPDATE liquidity_pools SET reserved_sat = reserved_sat + 1 WHERE name = '{POOL}'"
    swap = f"UPDATE swaps SET settled_at = settled_at WHERE id = {_HELD}"
    with _running(postgres):
        await sessions.begin("relayer", pool)
        middle = await sessions.begin("resolver", swap)
        sessions.wait(middle, pool)
        await _until_blocked(postgres, middle)
        for service in ("frontend", "relayer"):
            leaf = await sessions.begin(service)
            sessions.wait(leaf, swap)
            await _until_blocked(postgres, leaf)


async def _until_blocked(postgres: Postgres, session: Connection) -> None:
    async with _superuser(postgres) as connection:
        await until(partial(_blocked, connection, session), "a session waits for the lock", _SHOWS)


async def _blocked(superuser: Connection, session: Connection) -> bool:
    asked = await superuser.execute("SELECT cardinality(pg_blocking_pids(%s)) > 0", (session.info.backend_pid,))
    return bool((await asked.fetchone() or (False,))[0])


async def _idle_in_transaction(postgres: Postgres) -> None:
    sessions = _sessions(postgres, "idle-in-transaction")
    if len(sessions):
        return
    written = f"UPDATE relayer_transactions SET state = state WHERE id = {_HELD - 1}"
    snapshot = ("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ", "SELECT count(*) FROM swaps")
    with _running(postgres):
        await sessions.begin("relayer", written)
        await sessions.begin("frontend", *snapshot)


async def _exhaust(postgres: Postgres) -> None:
    sessions = _sessions(postgres, "connections-exhausted")
    with _running(postgres):
        for number in range(_MOST):
            try:
                await sessions.begin(_SERVICES[number % len(_SERVICES)], "SELECT 1", autocommit=True)
            except psycopg.OperationalError as refusal:
                if not _FULL.search(str(refusal)):
                    raise
                return


def _sessions(postgres: Postgres, fault: str) -> Sessions:
    return postgres.held.setdefault(fault, Sessions(lambda: postgres.plain(APPLICATION)))


def _released(fault: str) -> Step:
    async def heal(postgres: Postgres) -> None:
        sessions = _sessions(postgres, fault)
        if not postgres.child.running:
            await sessions.end(None)
            return
        async with _superuser(postgres) as connection:
            await sessions.end(connection)

    return heal


_AT: Final = f"{DATABASE[0]}:{DATABASE[1]}"
_NO_SLOT: Final = "FATAL: remaining connection slots are reserved (SQLSTATE 53300)"

DATABASE_FAULTS: tuple[Fault[Postgres], ...] = (
    Fault(
        "db-down", "The database's server has crashed: connections are refused, and sessions were cut.",
        ("D02", "K06", "D01"), _down, _up,
        Felt("database", "database connection failed", (("attempt", 3),), f"dial tcp {_AT}: connection refused"),
    ),
    Fault(
        "db-auth-failed", "The database refuses the console's password: it was changed, and sessions were ended.",
        ("D02",), _lock_out, _let_in,
    ),
    Fault(
        "slow-query", "Looking a swap up reads the whole of htlcs: a migration dropped its index htlcs_swap.",
        ("D08", "M01"), _slow, _fast,
        Felt("database", "slow query", (("op", "select swap with htlcs"), ("rows", 2)), level="warn"),
    ),
    Fault(
        "lock-tree",
        f"The relayer's idle transaction locks the pool {POOL}; the resolver waits for it, others for the resolver.",
        ("D08", "D06"), _lock_tree, _released("lock-tree"),
        Felt("database", "waiting for a lock", (("op", "update liquidity_pools"), ("pool", POOL)), level="warn"),
    ),
    Fault(
        "idle-in-transaction", "Two sessions of the bridge sit idle in transactions that only get older.",
        ("D06",), _idle_in_transaction, _released("idle-in-transaction"),
    ),
    Fault(
        "connections-exhausted", "The services hold every connection that is not reserved; they leak them.",
        ("D06", "D07", "M03"), _exhaust, _released("connections-exhausted"),
        Felt("database", "database connection failed", (("pool", "exhausted"),), _NO_SLOT),
    ),
    Fault(
        "stats-extension-missing", "pg_stat_statements is not installed in the database.",
        ("D08",), _drop_statistics, _create_statistics,
    ),
)  # fmt: skip
