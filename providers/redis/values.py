"""How the cache is, as the rest of the console sees it: frozen, whole, clean."""

from __future__ import annotations

from datetime import datetime

import msgspec


class Server(msgspec.Struct, frozen=True):
    """Who answers. `flavour` is redis or valkey; `mode` standalone, cluster or sentinel; `uptime` in seconds."""

    flavour: str
    version: str
    mode: str
    run_id: str
    """The server's own id of this run: another one after each restart."""
    uptime: float


class Memory(msgspec.Struct, frozen=True):
    """In bytes. `maximum` is 0 without a limit; `fragmentation` is resident over used."""

    used: int
    peak: int
    resident: int
    maximum: int
    system: int
    fragmentation: float
    policy: str
    pending_frees: int = 0
    """Objects that a background thread has yet to free."""

    @property
    def of_maximum(self) -> float | None:
        """The used part of the limit; None without a limit."""
        return self.used / self.maximum if self.maximum else None


class Replica(msgspec.Struct, frozen=True):
    """One that follows this server. `behind` in bytes; `lag` in seconds since it last reported, None when unknown."""

    address: str
    state: str
    behind: int
    lag: float | None


class Replication(msgspec.Struct, frozen=True):
    """`role` is master or replica. A replica has its master's address, the link's status and since when it is down."""

    role: str
    offset: int
    replicas: tuple[Replica, ...] = ()
    master: str = ""
    link: str = ""
    silent_for: float | None = None
    """Seconds since the master was last heard."""
    down_for: float | None = None
    syncing: bool = False


class Connections(msgspec.Struct, frozen=True):
    """Clients now, and how many were turned away since the server started. `maximum` is None where nobody tells."""

    connected: int
    blocked: int
    maximum: int | None
    rejected: int

    @property
    def of_maximum(self) -> float | None:
        return self.connected / self.maximum if self.maximum else None


class Totals(msgspec.Struct, frozen=True):
    """Counts since the server started or its statistics were reset."""

    hits: int
    misses: int
    evicted: int
    expired: int
    commands: int
    rejected: int
    errors: int

    @property
    def hit_ratio(self) -> float | None:
        reads = self.hits + self.misses
        return self.hits / reads if reads else None


class Persistence(msgspec.Struct, frozen=True):
    """How the data gets to disk. `loading`: it is read at this moment, and nothing is served."""

    loading: bool
    snapshot_well: bool
    snapshot_at: datetime | None
    unsaved_changes: int
    append_only: bool
    append_only_well: bool


class Database(msgspec.Struct, frozen=True):
    """Keys of one numbered database; `expires` of them have a time to live, on average `ttl` seconds."""

    number: int
    keys: int
    expires: int
    ttl: float


class Vitals(msgspec.Struct, frozen=True):
    """One reading of INFO. `ops` are the commands a second as the server itself measures them."""

    server: Server
    memory: Memory
    replication: Replication
    connections: Connections
    totals: Totals
    persistence: Persistence
    databases: tuple[Database, ...]
    ops: float

    def database(self, number: int) -> Database:
        """That database; one without keys is not listed."""
        return next((d for d in self.databases if d.number == number), Database(number, 0, 0, 0.0))


class Rates(msgspec.Struct, frozen=True):
    """What happened between two readings, `seconds` apart, by the second. `hit_ratio` is None when nothing was read."""

    seconds: float
    reads: float
    hit_ratio: float | None
    ops: float
    evictions: float
    expirations: float
    rejections: float
    errors: float


class Sample(msgspec.Struct, frozen=True):
    """One point of the sparklines."""

    used: int
    hit_ratio: float | None
    ops: float
    evictions: float


class Node(msgspec.Struct, frozen=True):
    """One node of a cluster; `vitals` is None when it was not reached, and `trouble` says why."""

    id: str
    address: str
    role: str
    link: str
    slots: int
    vitals: Vitals | None
    trouble: str = ""


class Overview(msgspec.Struct, frozen=True):
    """The cache at a glance. `rates` is None until there are two readings of the same run of the server."""

    address: str
    database: int
    vitals: Vitals
    rates: Rates | None
    history: tuple[Sample, ...]
    nodes: tuple[Node, ...] = ()
