"""What a PgBouncer shows, as frozen values: its pools, what goes through them, and who waits for a server."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from providers.postgres.decoding import Row

CONSOLE: Final = "pgbouncer"
"""The database that is its console."""
MOST_GROUPS: Final = 500


class Pool(msgspec.Struct, frozen=True):
    """Connections of one database and user: clients of the pooler, and its servers behind."""

    database: str
    user: str
    mode: str
    clients_active: int
    clients_waiting: int
    """Clients that sent something and have no server yet."""
    servers_active: int
    servers_idle: int
    servers_used: int
    """Idle for so long that they are tested before they are given out."""
    servers_login: int
    max_wait: float
    """Seconds that the first in the queue has waited."""

    @property
    def uid(self) -> str:
        return f"{self.database}/{self.user}"


class Traffic(msgspec.Struct, frozen=True):
    """What went through to one database in the last statistics period; times in seconds."""

    database: str
    transactions_per_second: float
    queries_per_second: float
    query_time: float
    transaction_time: float
    wait_time: float
    """Mean wait of a client for a server."""


class PooledDatabase(msgspec.Struct, frozen=True):
    """Where a name of the pooler leads, and how many servers it may have there."""

    name: str
    host: str
    pool_size: int
    servers: int
    most_servers: int | None
    paused: bool
    disabled: bool


class PoolClients(msgspec.Struct, frozen=True):
    """Clients alike."""

    database: str
    user: str
    app: str
    client: str
    state: str
    count: int


class Pooler(msgspec.Struct, frozen=True):
    """The pooler at one moment."""

    version: str
    mode: str
    most_clients: int
    clients: int
    servers: int
    pool_size: int
    reserve_size: int
    pools: tuple[Pool, ...]
    traffic: tuple[Traffic, ...]
    databases: tuple[PooledDatabase, ...]
    groups: tuple[PoolClients, ...]


def pooler(version: str, config: Mapping[str, str], shown: Mapping[str, Sequence[Row]]) -> Pooler:
    """The console's tables as one value; a column that a version lacks is 0 or empty."""
    lists = {str(row["list"]): _int(row, "items") for row in shown["LISTS"]}
    return Pooler(
        version=version,
        mode=config.get("pool_mode", ""),
        most_clients=_number(config.get("max_client_conn")),
        clients=lists.get("used_clients", 0),
        servers=lists.get("used_servers", 0),
        pool_size=_number(config.get("default_pool_size")),
        reserve_size=_number(config.get("reserve_pool_size")),
        pools=tuple(sorted(map(_pool, _apart(shown["POOLS"], "database")), key=lambda p: (-p.max_wait, p.uid))),
        traffic=tuple(_traffic(row) for row in _apart(shown["STATS"], "database")),
        databases=tuple(_database(row) for row in _apart(shown["DATABASES"], "name")),
        groups=_groups(_apart(shown["CLIENTS"], "database")),
    )


def _apart(rows: Sequence[Row], column: str) -> list[Row]:
    """Without the console itself."""
    return [row for row in rows if row.get(column) != CONSOLE]


def _pool(row: Row) -> Pool:
    return Pool(
        database=_text(row, "database"),
        user=_text(row, "user"),
        mode=_text(row, "pool_mode"),
        clients_active=_int(row, "cl_active"),
        clients_waiting=_int(row, "cl_waiting"),
        servers_active=_int(row, "sv_active"),
        servers_idle=_int(row, "sv_idle"),
        servers_used=_int(row, "sv_used"),
        servers_login=_int(row, "sv_login"),
        max_wait=_int(row, "maxwait") + _int(row, "maxwait_us") / 1e6,
    )


def _traffic(row: Row) -> Traffic:
    return Traffic(
        database=_text(row, "database"),
        transactions_per_second=_int(row, "avg_xact_count"),
        queries_per_second=_int(row, "avg_query_count"),
        query_time=_int(row, "avg_query_time") / 1e6,
        transaction_time=_int(row, "avg_xact_time") / 1e6,
        wait_time=_int(row, "avg_wait_time") / 1e6,
    )


def _database(row: Row) -> PooledDatabase:
    return PooledDatabase(
        name=_text(row, "name"),
        host=f"{_text(row, 'host') or 'local'}:{_text(row, 'port')}",
        pool_size=_int(row, "pool_size"),
        servers=_int(row, "current_connections"),
        most_servers=_int(row, "max_connections") or None,
        paused=bool(_int(row, "paused")),
        disabled=bool(_int(row, "disabled")),
    )


def _groups(rows: Sequence[Row]) -> tuple[PoolClients, ...]:
    columns = ("database", "user", "application_name", "addr", "state")
    counted = Counter(tuple(_text(row, column) for column in columns) for row in rows)
    return tuple(
        PoolClients(database, user, app, client, state, count)
        for (database, user, app, client, state), count in counted.most_common(MOST_GROUPS)
    )


def _text(row: Row, column: str) -> str:
    value: Any = row.get(column)
    return "" if value is None else str(value)


def _int(row: Row, column: str) -> int:
    return _number(row.get(column))


def _number(value: Any) -> int:
    try:
        return int(value or 0)
    except ValueError:
        return 0
