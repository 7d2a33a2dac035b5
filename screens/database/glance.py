"""A server in a few lines: what an operator wants to know before looking at any table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

from textual.events import Resize

from providers.aws.values import Databases, DbCluster
from providers.aws.values_cache import CacheCluster, Caches, ReplicationGroup
from providers.core.feed import Feed, Reading
from providers.core.runtime import Core
from providers.postgres.values import Overview as DatabaseOverview
from providers.redis.values import Overview as CacheOverview
from tui.bar import bar
from tui.format import bytes_text, counted, percent, span
from tui.lines import Line
from tui.moment import now
from tui.page import Lines, LinesPanel
from tui.spark import spark

T = TypeVar("T")

_WARN, _FAIL = 0.8, 0.95
WRAPAROUND = 2_100_000_000
"""Transactions after which a server that never froze a row stops taking writes (about 2^31)."""
_BEHIND, _FAR_BEHIND = 5.0, 30.0
"""Seconds of replication lag that are worth a look, and that are too many."""
_NARROW_BAR = 12
_TREND = 24


class Glance(LinesPanel[T]):
    """As high as it has lines; it takes no focus from the tables."""

    def __init__(self, core: Core, feed: Feed[T], heading: str) -> None:
        super().__init__(core, feed, heading)
        self.can_focus = False

    def paint(self, reading: Reading[T]) -> None:
        super().paint(reading)
        self.fit()

    def fit(self) -> None:
        """Take the rows that the lines need at this width."""
        self.styles.height = len(self._rows) + 1

    def on_resize(self, event: Resize) -> None:
        super().on_resize(event)
        self.call_after_refresh(self.fit)


class DatabaseGlance(Glance[DatabaseOverview]):
    """Connections, throughput, locks, age, replication."""

    title = "Database"

    def lines(self, value: DatabaseOverview) -> Lines:
        return tuple(database_lines(value))


class CacheGlance(Glance[CacheOverview]):
    """Memory, clients, hit ratio, operations."""

    title = "Cache"

    def lines(self, value: CacheOverview) -> Lines:
        return tuple(cache_lines(value))


class RdsGlance(Glance[Databases]):
    """What AWS says of the databases."""

    title = "RDS status"

    def lines(self, value: Databases) -> Lines:
        return tuple(rds_lines(value))


class ElastiCacheGlance(Glance[Caches]):
    """What AWS says of the caches."""

    title = "ElastiCache status"

    def lines(self, value: Caches) -> Lines:
        return tuple(elasticache_lines(value))


def database_lines(o: DatabaseOverview) -> Iterator[Line]:
    """Worst first within a line; a line is as loud as its worst fact."""
    part = o.used / o.usable
    yield Line(
        f"{'replica' if o.replica else 'primary'} PostgreSQL {o.version} · {o.database} {bytes_text(o.size)} · up "
        f"{span(o.clock - o.started.timestamp())} · connections {bar(part, _NARROW_BAR)} {o.used} of {o.usable}"
        f" (+{o.max_connections - o.usable} reserved): {o.active} active, {o.idle} idle,"
        f" {o.idle_in_transaction} idle in transaction" + (f", {o.hidden} hidden" if o.hidden else ""),
        _loud(part),
    )
    tps = "-" if o.commits_per_second is None else f"{o.commits_per_second:.0f}"
    failing = f" ({o.rollbacks_per_second:.1f} rolled back)" if o.rollbacks_per_second else ""
    hit = "-" if o.hit_ratio_now is None else f"{o.hit_ratio_now:.1%}"
    yield Line(
        f"{tps} transactions/s{failing} · cache hit {hit} now, {percent(o.hit_ratio, 1.0)} since reset"
        f" · {o.waiting_for_locks} wait for locks · {o.deadlocks} deadlocks · oldest transaction"
        f" {span(o.oldest_transaction)} · wraparound {o.wraparound_age / WRAPAROUND:.0%}"
        f" ({o.wraparound_database})",
        _database_style(o),
    )
    if o.slowest_age is not None and o.slowest_age >= 1.0:
        said = f"slowest now: {span(o.slowest_age)}, pid {o.slowest_pid}: {o.slowest}"
        yield Line(said[:200], "warn" if o.slowest_age >= 60.0 else "")
    yield from _replication(o)


def _database_style(o: DatabaseOverview) -> str:
    if o.wraparound_age > 0.5 * WRAPAROUND or o.waiting_for_locks >= 5:
        return "fail"
    return "warn" if o.waiting_for_locks or o.wraparound_age > o.freeze_max_age * 1.5 else ""


def _replication(o: DatabaseOverview) -> Iterator[Line]:
    if o.replica:
        behind = "how far behind is not told" if o.lag_seconds is None else f"{o.lag_seconds:.1f} s behind"
        yield Line(behind + (f", {bytes_text(o.lag_bytes)}" if o.lag_bytes is not None else ""), _late(o.lag_seconds))
    for r in o.replicas:
        lag = "lag not told" if r.lag_seconds is None else f"{r.lag_seconds:.1f} s behind"
        sent = "" if r.lag_bytes is None else f", {bytes_text(r.lag_bytes)}"
        yield Line(f"standby {r.name} at {r.client}: {r.state}, {r.sync}, {lag}{sent}", _late(r.lag_seconds))


def cache_lines(o: CacheOverview) -> Iterator[Line]:
    """Memory and clients against their limits, then what comes of it."""
    v, m = o.vitals, o.vitals.memory
    part = m.of_maximum
    held = f"{bar(part, _NARROW_BAR)} {bytes_text(m.used)} of {bytes_text(m.maximum)}" if part is not None else (
        f"{bytes_text(m.used)}, no limit")  # fmt: skip
    yield Line(
        f"{v.server.flavour} {v.server.version} {v.replication.role} · up {span(v.server.uptime)} · memory {held}"
        f" · {m.policy} · fragmentation {m.fragmentation:.2f} · peak {bytes_text(m.peak)}",
        _loud(part) if part is not None else "",
    )
    c = v.connections
    most = f" of {c.maximum}" if c.maximum else ""
    keys = v.database(o.database)
    yield Line(
        f"{c.connected}{most} clients, {c.blocked} blocked, {c.rejected} rejected · db{o.database}: {keys.keys} keys,"
        f" {keys.expires} expire · {_saved(v.persistence.snapshot_well, v.persistence.append_only_well)}"
        f" · {counted(len(v.replication.replicas), 'replica')}",
        _cache_style(o),
    )
    yield from _trends(o)
    for node in o.nodes:
        if node.trouble:
            yield Line(f"node {node.address}: {node.trouble}", "fail")


def _saved(snapshot: bool, log: bool) -> str:
    return (
        "saved" if snapshot and log else "NOT SAVED: " + ("the snapshot" if log else "the append-only file") + " failed"
    )


def _cache_style(o: CacheOverview) -> str:
    c, p = o.vitals.connections, o.vitals.persistence
    if not p.snapshot_well or not p.append_only_well or (o.rates is not None and o.rates.rejections):
        return "fail"
    return _loud(c.of_maximum) if c.of_maximum is not None else ""


def _trends(o: CacheOverview) -> Iterator[Line]:
    r = o.rates
    if r is None:
        yield Line("rates come with the second reading", "muted")
        return
    hits = spark([s.hit_ratio for s in o.history], _TREND, most=1.0)
    ops = spark([s.ops for s in o.history], _TREND)
    ratio = "-" if r.hit_ratio is None else f"{r.hit_ratio:.0%}"
    yield Line(
        f"hit ratio {hits} {ratio} · ops/s {ops} {r.ops:.0f} · evictions/s {r.evictions:.1f} · expirations/s"
        f" {r.expirations:.1f} · errors/s {r.errors:.1f}",
        "warn" if r.evictions or r.errors else "",
    )


def rds_lines(known: Databases) -> Iterator[Line]:
    """One line a cluster, one for an instance that is in none; what is ill comes first."""
    lines = [_cluster_line(known, cluster) for cluster in known.clusters]
    lines += [_status_line(i.name, i.available, i.status, i.pending) for i in known.instances if not i.cluster]
    yield from sorted(lines, key=lambda line: line.style == "ok")


def _cluster_line(known: Databases, c: DbCluster) -> Line:
    mine = [i for i in known.instances if i.cluster == c.name]
    ill = [f"{i.name} {i.status}" for i in mine if not i.available]
    lags = [i.lag for i in mine if i.lag is not None]
    behind = f", {max(lags):.1f} s behind" if lags else ""
    parts = [f"{c.name} {c.status}", *ill, f"writer {c.writer or 'NONE'}", counted(len(c.readers), "reader") + behind]
    if c.latest_restorable:
        parts.append(f"restorable up to {span((now() - c.latest_restorable).total_seconds())} ago")
    if c.pending:
        parts.append(f"pending: {', '.join(c.pending)}")
    bad = ill or not c.available or not c.writer or (lags and max(lags) > _FAR_BEHIND)
    return Line(" · ".join(parts), "fail" if bad else "ok")


def elasticache_lines(known: Caches) -> Iterator[Line]:
    """One line a replication group or cluster; what is ill comes first."""
    every: list[CacheCluster | ReplicationGroup] = [*known.groups, *known.clusters]
    lines = [_status_line(f"{m.name} ({m.engine}, {m.node_type})", m.available, m.status, m.pending) for m in every]
    yield from sorted(lines, key=lambda line: line.style == "ok")


def _status_line(name: str, well: bool, status: str, pending: Sequence[str]) -> Line:
    waits = f" · pending: {', '.join(pending)}" if pending else ""
    return Line(f"{name} {status}{waits}", "ok" if well else "fail")


def _loud(part: float) -> str:
    return "fail" if part >= _FAIL else "warn" if part >= _WARN else ""


def _late(seconds: float | None) -> str:
    if seconds is None:
        return "muted"
    return "fail" if seconds > _FAR_BEHIND else "warn" if seconds > _BEHIND else ""
