"""The tables of the Database screen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from providers.aws.values import Backups, Databases, Event, ParameterGroup
from providers.aws.values_cache import CacheCluster, Caches
from providers.core.action import Target
from providers.postgres.pooler import Pool, Pooler
from providers.postgres.values import Backend, ConnectionGroup, LockNode, Statement, Statements, Transaction
from providers.redis.traffic import BigKey, BigKeys, ClientGroup, Clients, Latency, LatencyEvent, SlowEntry, SlowLog
from screens.database import columns, columns_aws, columns_cache
from screens.database.columns_aws import Managed, Setting, WayBack
from tui.format import span
from tui.table import TablePanel

V = TypeVar("V")
Selection = tuple[Target, Mapping[str, str]]
LIMITS = (0.0, 1.0, 10.0, 60.0, 300.0, 600.0)
"""Seconds a session may have been at it to be left out, as the keys go through them."""


_SETTLED = 2.0
"""Seconds after which a wait is no longer in passing."""


def of_backend(backend: Backend | None) -> Selection | None:
    """What is signalled: the session and statement as they were seen."""
    if backend is None:
        return None
    return Target("backend", str(backend.pid), backend.database, backend.identity), {}


class DatabaseTable(TablePanel[V]):
    """A table of this screen."""

    places = ("table", "database")

    def about(self, known: Any) -> str:
        """What is said beside the title of what the feed gave (subclasses)."""
        return ""

    @property
    def scope(self) -> str:
        return "" if self.reading.value is None else self.about(self.reading.value)


class Activity(DatabaseTable[Backend]):
    """Sessions that do something, longest first; + and - move the age from which they count."""

    title = "Activity"
    kind = "backend"
    columns = columns.ACTIVITY
    least = 0

    def values(self, known: Sequence[Backend]) -> Sequence[Backend]:
        return [b for b in known if max(b.longest, b.query_age or 0.0) >= LIMITS[self.least]]

    @property
    def scope(self) -> str:
        return f"for {span(LIMITS[self.least])} or longer" if self.least else ""

    def faulty(self, value: Backend) -> bool:
        waits = value.wait_event_type == "Lock" or value.idle_in_transaction
        return (waits and value.longest >= _SETTLED) or (value.query_age or 0.0) >= LIMITS[4]

    def set_least(self, by: int) -> None:
        """Move the limit."""
        self.least = min(max(0, self.least + by), len(LIMITS) - 1)
        self._refill(chosen=True)

    def target(self) -> Selection | None:
        return of_backend(self.selected)


class Blocking(DatabaseTable[LockNode]):
    """Who waits for whom: root blockers first, what they hold up beneath them."""

    title = "Blocking"
    nothing = "nobody waits for a lock"
    kind = "backend"
    columns = columns.BLOCKING

    def faulty(self, value: LockNode) -> bool:
        return not value.depth

    def target(self) -> Selection | None:
        return of_backend(self.selected.backend) if self.selected else None


class Transactions(DatabaseTable[Transaction]):
    """Statements and transactions over the limits of the configuration."""

    title = "Too long"
    nothing = "nothing takes too long"
    kind = "backend"
    columns = columns.TRANSACTIONS

    def faulty(self, value: Transaction) -> bool:
        return value.holds_up > 0

    def target(self) -> Selection | None:
        return of_backend(self.selected.backend) if self.selected else None


class StatementTable(DatabaseTable[Statement]):
    """What statements cost, most time first."""

    title = "Statements"
    kind = "statements"
    columns = columns.STATEMENTS

    def values(self, known: Statements) -> Sequence[Statement]:
        return known.statements

    def about(self, known: Statements) -> str:
        since = f", since {known.since:%d %b %H:%M}Z" if known.since else ""
        return f"of {known.known}{since}" + (f", {known.evicted} evictions" if known.evicted else "")

    def target(self) -> Selection | None:
        known: Statements | None = self.reading.value
        if known is None:
            return None
        since = known.since.isoformat() if known.since else ""
        return Target("statements", "pg_stat_statements", "", since), {}


class Connections(DatabaseTable[ConnectionGroup]):
    """Sessions alike, most first."""

    title = "Connections"
    kind = "connection"
    columns = columns.CONNECTIONS

    def faulty(self, value: ConnectionGroup) -> bool:
        return value.state.startswith("idle in transaction")


class Pools(DatabaseTable[Pool]):
    """The pooler's pools; clients that wait come first."""

    title = "PgBouncer pools"
    kind = "pool"
    columns = columns.POOLS

    def values(self, known: Pooler) -> Sequence[Pool]:
        return known.pools

    def faulty(self, value: Pool) -> bool:
        return value.clients_waiting > 0

    def about(self, known: Pooler) -> str:
        return f"{known.clients} of {known.most_clients} clients, {known.mode} pooling"


class CacheClients(DatabaseTable[ClientGroup]):
    """Connections to the cache, alike, most first."""

    title = "Cache clients"
    kind = "client"
    columns = columns_cache.CLIENTS

    def values(self, known: Clients) -> Sequence[ClientGroup]:
        return known.groups

    def identity(self, value: ClientGroup) -> str:
        return f"{value.name}@{value.host}"

    def faulty(self, value: ClientGroup) -> bool:
        return value.blocked > 0

    def about(self, known: Clients) -> str:
        return f"groups of {known.total} connections"


class SlowCommands(DatabaseTable[SlowEntry]):
    """Commands that held the server up, newest first."""

    title = "Slow commands"
    nothing = "no slow command is on record"
    kind = "command"
    columns = columns_cache.SLOWLOG

    def values(self, known: SlowLog) -> Sequence[SlowEntry]:
        return known.entries

    def identity(self, value: SlowEntry) -> str:
        return str(value.id)

    def about(self, known: SlowLog) -> str:
        if known.threshold is None:
            return ""
        return known.fix or f"over {known.threshold * 1000:g} ms"


class Spikes(DatabaseTable[LatencyEvent]):
    """What the server's own watchdog saw."""

    title = "Latency"
    nothing = "no spike is on record"
    kind = "event"
    columns = columns_cache.LATENCY

    def values(self, known: Latency) -> Sequence[LatencyEvent]:
        return known.events

    def identity(self, value: LatencyEvent) -> str:
        return value.event

    def about(self, known: Latency) -> str:
        return known.fix


class LargeKeys(DatabaseTable[BigKey]):
    """The biggest keys seen so far by a scan that does no harm."""

    title = "Big keys"
    kind = "key"
    columns = columns_cache.BIG_KEYS

    def values(self, known: BigKeys) -> Sequence[BigKey]:
        return known.keys

    def about(self, known: BigKeys) -> str:
        return f"{known.share:.0%} of {known.total} keys looked at"


class ManagedDatabases(DatabaseTable[Managed]):
    """RDS clusters, each with its instances beneath it."""

    title = "RDS"
    kind = "database"
    columns = columns_aws.MANAGED

    def values(self, known: Databases) -> Sequence[Managed]:
        rows: list[Managed] = []
        for cluster in known.clusters:
            rows += [cluster, *(i for i in known.instances if i.cluster == cluster.name)]
        return [*rows, *(i for i in known.instances if known.cluster(i.cluster) is None)]

    def identity(self, value: Managed) -> str:
        return value.arn or value.name

    def faulty(self, value: Managed) -> bool:
        return not value.available

    def about(self, known: Databases) -> str:
        return gaps_of(known.gaps)

    def target(self) -> Selection | None:
        m: Any = self.selected
        if m is None:
            return None
        kind = "db-cluster" if columns_aws.kind(m) == "cluster" else "db-instance"
        return Target(kind, m.name, "", m.identity), {}


class ManagedCaches(DatabaseTable[Managed]):
    """ElastiCache replication groups and clusters."""

    title = "ElastiCache"
    kind = "managed-cache"
    columns = columns_aws.MANAGED

    def values(self, known: Caches) -> Sequence[Managed]:
        return [*known.groups, *known.clusters]

    def identity(self, value: Managed) -> str:
        return value.arn or value.name

    def faulty(self, value: Managed) -> bool:
        return not value.available

    def target(self) -> Selection | None:
        m = self.selected
        if m is None:
            return None
        return Target("cache-cluster" if isinstance(m, CacheCluster) else "replication-group", m.name, "", m.arn), {}

    def about(self, known: Caches) -> str:
        return gaps_of(known.gaps)


class ManagedEvents(DatabaseTable[Event]):
    """What happened, newest first."""

    title = "Events"
    kind = "event"
    columns = columns_aws.EVENTS

    def identity(self, value: Event) -> str:
        return f"{value.at} {value.subject} {value.message}"


class WaysBack(DatabaseTable[WayBack]):
    """Recovery points: the restorable windows, then snapshots, newest first."""

    title = "Ways back"
    kind = "way-back"
    columns = columns_aws.WAYS_BACK

    def values(self, known: Backups) -> Sequence[WayBack]:
        return [*map(WayBack, known.windows), *map(WayBack, known.snapshots)]


class Parameters(DatabaseTable[Setting]):
    """Parameters that differ from the default."""

    title = "Parameters set by hand"
    kind = "parameter"
    columns = columns_aws.SETTINGS

    def values(self, known: Sequence[ParameterGroup]) -> Sequence[Setting]:
        return [Setting(group, parameter) for group in known for parameter in group.parameters]

    def target(self) -> Selection | None:
        """Whatever uses the group; the new value is asked for."""
        s = self.selected
        if s is None or not s.group.used_by:
            return None
        kind = {"cluster": "db-cluster", "instance": "db-instance"}.get(s.group.kind, "cache-cluster")
        return Target(kind, s.group.used_by[0][0]), {"name": s.parameter.name}

    def faulty(self, value: Setting) -> bool:
        return any(state not in {"in-sync", ""} for _, state in value.group.used_by)


def gaps_of(gaps: Sequence[Any]) -> str:
    """What of the picture is missing, and why."""
    return "; ".join(f"not seen: {gap.what} ({gap.message})" for gap in gaps)
