"""The roles, the database and its rows."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any, Final

import psycopg
from psycopg import sql

from sandbox.cluster.nodes.programs.bridge import OWED, Bridge, Swap
from sandbox.postgres.cluster import RESERVING

DATABASE: Final = "fusion"
APPLICATION: Final = "fusion_app"
ROLES: Final = (APPLICATION, "oncall", "viewer", "nobody")
SWAPS: Final = 6000
"""How many of the newest swaps the database begins with; their ids are 1 to this, in order."""
_VERSION: Final = 10_000
"""What `server_version` counts a major release as."""

Connection = psycopg.AsyncConnection[tuple[Any, ...]]


def verifier(connection: Connection, role: str, password: str) -> str:
    """What the server keeps of a password. Statements and logs keep what is sent, so nothing else is."""
    return connection.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode()


async def enrol(connection: Connection, passwords: Mapping[str, str]) -> dict[str, str]:
    """Make the roles and the database; returns role to verifier."""
    verifiers = {role: verifier(connection, role, passwords[role]) for role in ROLES}
    for role, kept in verifiers.items():
        create = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}")
        await connection.execute(create.format(sql.Identifier(role), sql.Literal(kept)))
    if connection.info.server_version >= RESERVING * _VERSION:
        await connection.execute("GRANT pg_use_reserved_connections TO oncall")
    await connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))
    return verifiers


async def fill(connection: Connection, seed: int) -> None:
    """Make the schema and its rows; what is random in them comes from the seed."""
    # setseed wants -1 to 1.
    await connection.execute("SELECT setseed(%s)", (seed % 1000 / 1000,))
    await connection.execute((files("sandbox.postgres") / "schema.sql").read_bytes())
    async with connection.cursor() as cursor, cursor.copy("COPY seeded FROM STDIN") as copy:
        for row in _swaps(Bridge(seed), time.time()):
            await copy.write_row(row)
    await connection.execute((files("sandbox.postgres") / "rows.sql").read_bytes())
    await connection.execute("SELECT pg_stat_statements_reset()")


def _swaps(bridge: Bridge, now: float) -> Iterator[tuple[Any, ...]]:
    """The columns of `seeded`: the swaps that the pods' logs tell of."""
    newest = bridge.newest(now).number
    for number in range(newest - SWAPS + 1, newest + 1):
        swap = bridge.swap(number)
        confirmed = bridge.confirmations(swap, now)
        ended = "refunded" if swap.refunded else "settled"
        yield (
            number, swap.id, pair(swap), swap.sats, ended if confirmed == OWED else "pending",
            datetime.fromtimestamp(swap.born, UTC), swap.hashlock, swap.btc_tx, bridge.btc_height(swap.born), confirmed,
        )  # fmt: skip


def pair(swap: Swap) -> str:
    """What is given against what."""
    return "BTC/ETH" if swap.direction == "btc_to_eth" else "ETH/BTC"
