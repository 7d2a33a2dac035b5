"""What goes on in the cache: who is connected, what is slow, what is big. Frozen, whole, clean."""

from __future__ import annotations

from datetime import datetime

import msgspec


class Client(msgspec.Struct, frozen=True):
    """One connection to the server. `age` and `idle` in seconds, `memory` in bytes (None before Redis 7)."""

    id: int
    name: str
    address: str
    user: str
    age: float
    idle: float
    command: str
    database: int
    flags: str
    memory: int | None

    @property
    def host(self) -> str:
        return self.address.rpartition(":")[0]

    @property
    def blocked(self) -> bool:
        return "b" in self.flags


class ClientGroup(msgspec.Struct, frozen=True):
    """Connections of one name (or, unnamed, one user) from one host. `idle` counts those silent for a minute."""

    name: str
    host: str
    count: int
    idle: int
    blocked: int
    memory: int


class Clients(msgspec.Struct, frozen=True):
    """All connections, grouped, most first; one by one only the first `len(clients)` of `total`."""

    clients: tuple[Client, ...]
    groups: tuple[ClientGroup, ...]
    total: int


class SlowEntry(msgspec.Struct, frozen=True):
    """A command that took long. `command` is cut and without secrets and values."""

    id: int
    at: datetime
    seconds: float
    command: str
    client: str
    name: str


class SlowLog(msgspec.Struct, frozen=True):
    """Newest first. `threshold` in seconds: shorter is not logged (None: not told, negative: nothing is logged)."""

    entries: tuple[SlowEntry, ...]
    threshold: float | None
    fix: str = ""


class LatencyEvent(msgspec.Struct, frozen=True):
    """The newest spike of one kind, and the worst since the server started, in seconds."""

    event: str
    at: datetime
    latest: float
    worst: float


class Latency(msgspec.Struct, frozen=True):
    """Spikes of the server's own watchdog. `threshold` in seconds (0: switched off, and `fix` switches it on)."""

    events: tuple[LatencyEvent, ...]
    threshold: float | None
    fix: str = ""


class BigKey(msgspec.Struct, frozen=True):
    """A key that was seen. `ttl` in seconds, None without one; `elements` of a collection, bytes of a string."""

    name: str
    type: str
    bytes: int
    ttl: float | None
    elements: int | None


class BigKeys(msgspec.Struct, frozen=True):
    """The biggest keys seen so far as they are now, biggest first; in a cluster, of the node that answers.

    `share` of the database's `total` keys was looked at, from 0 to 1; `seen` of them since its beginning was last at.
    """

    keys: tuple[BigKey, ...]
    database: int
    seen: int
    total: int
    share: float
    passes: int
    """How often the whole database was gone through."""
    slowest: float
    """At most so long one call held the server, in seconds: its round trip less that of a PING."""
