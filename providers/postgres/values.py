"""What the database shows, as frozen values. Ages are in seconds, by the server's own clock; texts are clean."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec

IDLE_IN_TRANSACTION: Final = "idle in transaction"


class Backend(msgspec.Struct, frozen=True):
    """One session, a row of pg_stat_activity. `hidden`: we may not see what it does (pg_read_all_stats is missing)."""

    pid: int
    backend_start: datetime | None
    xact_start: datetime | None
    query_start: datetime | None
    state_change: datetime | None
    state: str
    wait_event_type: str
    wait_event: str
    user: str
    app: str
    client: str
    """Address, "local" for a socket of its machine, "" when there is no client or it is hidden."""
    database: str
    query: str
    query_id: int
    """0 when the server computes none (compute_query_id, 14 and later)."""
    leader_pid: int | None
    backend_type: str
    hidden: bool
    backend_age: float | None
    transaction_age: float | None
    query_age: float | None
    """Since the statement began; it may have ended when the state is not active."""
    state_age: float | None

    @property
    def uid(self) -> str:
        """What tells it from a later session with the same pid."""
        return f"{self.pid}/{self.backend_start.isoformat() if self.backend_start else '?'}"

    @property
    def identity(self) -> str:
        """The target of an action: session and statement as they were seen."""
        return f"{self.uid}/{self.query_id}"

    @property
    def wait(self) -> str:
        """ "Lock: transactionid", or "" when it does not wait."""
        return f"{self.wait_event_type}: {self.wait_event}" if self.wait_event_type else ""

    @property
    def active(self) -> bool:
        return self.state == "active"

    @property
    def idle_in_transaction(self) -> bool:
        return self.state.startswith(IDLE_IN_TRANSACTION)

    @property
    def of_client(self) -> bool:
        """Whether somebody outside made it; a hidden one is taken for that."""
        return self.backend_type in {"client backend", "parallel worker", ""}

    @property
    def longest(self) -> float:
        """Age of its transaction, else of its statement."""
        return self.transaction_age or self.query_age or 0.0


class Replica(msgspec.Struct, frozen=True):
    """A standby this server sends to. Lag in seconds is what it had when it last reported; None: not told."""

    name: str
    client: str
    state: str
    sync: str
    lag_seconds: float | None
    lag_bytes: int | None


class Overview(msgspec.Struct, frozen=True):
    """The server at one moment; counters are of the connected database and since `stats_reset`."""

    version: str
    database: str
    role: str
    clock: float
    """The server's clock, seconds since the epoch."""
    started: datetime
    replica: bool
    max_connections: int
    superuser_reserved: int
    reserved: int
    """Kept for roles with pg_use_reserved_connections (16 and later)."""
    used: int
    """Client sessions of all databases."""
    active: int
    idle: int
    idle_in_transaction: int
    hidden: int
    """Sessions whose state we may not see; they are in `used` and in no other count."""
    waiting_for_locks: int
    oldest_transaction: float | None
    oldest_xmin_age: int | None
    """Transactions since the oldest snapshot that holds back vacuum: of a session, a slot or a prepared transaction."""
    slowest: str
    slowest_pid: int | None
    slowest_age: float | None
    commits: int
    rollbacks: int
    hits: int
    reads: int
    deadlocks: int
    temp_bytes: int
    stats_reset: datetime | None
    wraparound_database: str
    wraparound_age: int
    """Transactions since the oldest unfrozen one of the worst database; the server stops at about 2.1 billion."""
    multixact_age: int
    freeze_max_age: int
    lag_bytes: int | None
    lag_seconds: float | None
    """How far behind this server is, when it is a replica; None: a primary, or not told (Aurora)."""
    replicas: tuple[Replica, ...]
    size: int = 0
    """Bytes of the connected database; read once a minute."""
    commits_per_second: float | None = None
    rollbacks_per_second: float | None = None
    hit_ratio_now: float | None = None
    """Of the last interval; None before the second reading and when nothing was read."""

    @property
    def usable(self) -> int:
        """Connections a role without privileges can have."""
        return max(1, self.max_connections - self.superuser_reserved - self.reserved)

    @property
    def hit_ratio(self) -> float | None:
        """Of all block reads since the reset, those answered by shared buffers."""
        total = self.hits + self.reads
        return self.hits / total if total else None


class Locked(msgspec.Struct, frozen=True):
    """What a session waits for, or holds that others wait for."""

    relation: str
    mode: str
    kind: str
    """As in pg_locks.locktype: relation, tuple, transactionid, advisory …"""

    def __str__(self) -> str:
        return " ".join(filter(None, (self.relation or self.kind, self.mode)))


class LockNode(msgspec.Struct, frozen=True):
    """One session of the blocking tree; its blocker is the nearest node above with a smaller `depth`."""

    pid: int
    """0: a prepared transaction, which has no session."""
    depth: int
    holds_up: int
    """Sessions that wait for it, directly or behind another."""
    frees: int
    """Those that wait for nobody else: what ending it lets go on at once."""
    blocked_by: tuple[int, ...]
    cycle: bool
    """Part of a circle that the server has not broken yet (deadlock_timeout)."""
    locked: tuple[Locked, ...]
    waited: float | None
    """Seconds it has waited for its lock; None: it does not wait, or the server does not tell (before 14)."""
    backend: Backend | None
    """None: ended in between, or a prepared transaction."""

    @property
    def uid(self) -> str:
        return self.backend.uid if self.backend else str(self.pid)


class Transaction(msgspec.Struct, frozen=True):
    """A session whose transaction or statement is older than its limit."""

    backend: Backend
    why: str
    limit: float
    """Seconds."""
    holds_up: int

    @property
    def uid(self) -> str:
        return self.backend.uid


class ConnectionGroup(msgspec.Struct, frozen=True):
    """Sessions alike. Limits are those of ALTER ROLE and ALTER DATABASE … CONNECTION LIMIT; None: no limit."""

    state: str
    """As in pg_stat_activity; "unknown" when it may not be seen."""
    user: str
    app: str
    client: str
    database: str
    count: int
    oldest_state: float | None
    role_used: int
    role_limit: int | None
    database_used: int
    database_limit: int | None

    @property
    def uid(self) -> str:
        return "/".join((self.state, self.user, self.app, self.client, self.database))


class Since(msgspec.Struct, frozen=True):
    """What a statement did in a span: calls, and milliseconds in all."""

    calls: int
    total: float

    @property
    def mean(self) -> float:
        return self.total / self.calls if self.calls else 0.0


class Statement(msgspec.Struct, frozen=True):
    """One row of pg_stat_statements. Times in milliseconds."""

    query_id: int
    user_id: int
    database_id: int
    user: str
    database: str
    query: str
    hidden: bool
    toplevel: bool
    calls: int
    rows: int
    total: float
    mean: float
    max: float
    stddev: float
    share: float
    """Of the time of all statements, 0 to 1."""
    hits: int
    reads: int
    """Blocks of 8 kB found in shared buffers, and fetched from outside them."""
    temp_written: int
    since_open: Since | None = None
    """Since the console began to look; None: it was not seen then."""

    @property
    def key(self) -> tuple[int, int, int, bool]:
        return self.query_id, self.user_id, self.database_id, self.toplevel

    @property
    def uid(self) -> str:
        return "/".join(map(str, self.key))


class Statements(msgspec.Struct, frozen=True):
    """The statements with the most time in all and the highest mean, most time first; the console's own left out."""

    statements: tuple[Statement, ...]
    known: int
    """How many the server keeps."""
    hidden: int
    """Of those here, the ones whose text we may not see."""
    since: datetime | None
    """Last reset; None: not told (before 14)."""
    evicted: int | None
    """Times that rows were dropped to make room (pg_stat_statements.max)."""
    opened: datetime
    """When the console began to look (UTC)."""
