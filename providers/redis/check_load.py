"""Clients against their maximum (R05); hits, slow commands, spikes (R06)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from providers.core.check import Check, Finding, Verdict
from providers.core.errors import BackendError
from providers.redis.answers import ClientsFull
from providers.redis.finding import finding, parts, unknown, with_rates
from providers.redis.slowlog import read_latency, read_slowlog
from providers.redis.traffic import Latency, SlowLog
from providers.redis.values import Overview, Rates, Vitals

if TYPE_CHECKING:
    from providers.redis.provider import Redis

FULL: Final = 0.95
FRESH: Final = timedelta(minutes=5)
"""Age up to which a slow command or a spike says something about now."""
FEWEST_READS: Final = 20
"""Reads between two readings below which their hit ratio is chance; then that since the start counts."""


def checks(redis: Redis) -> tuple[Check, ...]:
    """Bound to one cache."""

    async def connections() -> list[Finding]:
        try:
            overview = await with_rates(redis)
        except ClientsFull as error:
            said = "the server turns new clients away, us among them"
            return [finding("R05", "redis", Verdict.FAIL, said, error.message, redis.source, error.fix)]
        # In a cluster they are known of one node only.
        rates, limit = None if overview.nodes else overview.rates, redis.thresholds.connections_of_max
        return [judge_connections(s, v, rates, limit, redis.source) for s, v in parts(overview)]

    async def use() -> list[Finding]:
        overview = await with_rates(redis)
        now = datetime.now(UTC)
        return [
            judge_hits(overview, redis.thresholds.cache_hit_ratio, redis.source),
            await _slow(redis, now),
            await _spikes(redis, now),
        ]

    return (
        Check("R05", "Are there connections left?", redis.source, connections),
        Check("R06", "Does the cache hit, and answer fast?", redis.source, use),
    )


def judge_connections(subject: str, vitals: Vitals, rates: Rates | None, limit: float, source: str) -> Finding:
    """Turning clients away now is the failure; close to the maximum is the warning."""
    found = vitals.connections
    quote = (
        f"connected_clients {found.connected}, maxclients {found.maximum or 'not told'}, "
        f"blocked {found.blocked}, rejected_connections {found.rejected} since the start"
    )
    fix = "the feed of clients tells whose they are: end idle ones (CLIENT KILL), bound the pools, or raise maxclients"
    part = found.of_maximum
    said = f"{found.connected} clients" if part is None else f"{found.connected} of {found.maximum} clients"
    if rates is not None and rates.rejections > 0:
        said = f"{said}: new ones are turned away"
        return finding("R05", subject, Verdict.FAIL, said, quote, source, fix)
    if part is None or part < limit:
        verdict = Verdict.UNKNOWN if part is None else Verdict.PASS
        return finding("R05", subject, verdict, said, quote, source)
    return finding("R05", subject, Verdict.FAIL if part >= FULL else Verdict.WARN, said, quote, source, fix)


def judge_hits(overview: Overview, floor: float, source: str) -> Finding:
    """The hit ratio of now, or of all time when too little is read."""
    rates, totals = overview.rates, overview.vitals.totals
    now = rates.hit_ratio if rates is not None and rates.reads * rates.seconds >= FEWEST_READS else None
    ratio, when = (now, "now") if now is not None else (totals.hit_ratio, "since the start")
    quote = f"keyspace_hits {totals.hits}, keyspace_misses {totals.misses}"
    if ratio is None:
        return finding("R06", "redis/hits", Verdict.PASS, "nothing has been read", quote, source)
    said = f"{ratio:.0%} of the reads hit {when}"
    if ratio < floor:
        fix = "look for a flush, a restart, evictions, or keys that expire sooner than they are needed"
        return finding("R06", "redis/hits", Verdict.WARN, said, quote, source, fix)
    return finding("R06", "redis/hits", Verdict.PASS, said, quote, source)


def judge_slowlog(log: SlowLog, now: datetime, source: str) -> Finding:
    """Fresh entries, the slowest quoted."""
    fresh = [entry for entry in log.entries if now - entry.at <= FRESH]
    if not fresh:
        said = "the slow log is switched off" if log.fix else "no slow command in the last 5 min"
        verdict = Verdict.UNKNOWN if log.fix else Verdict.PASS
        return finding("R06", "redis/slowlog", verdict, said, f"{len(log.entries)} older", source, log.fix)
    worst = max(fresh, key=lambda entry: entry.seconds)
    said = f"slow commands in the last 5 min: {len(fresh)}, the slowest took {worst.seconds * 1000:.1f} ms"
    quote = f"{worst.command} ({worst.name or worst.client} at {worst.at:%H:%M:%SZ})"
    fix = "everybody waits for it: SCAN instead of KEYS, ranges instead of whole collections"
    return finding("R06", "redis/slowlog", Verdict.WARN, said, quote, source, fix)


def judge_latency(latency: Latency, now: datetime, source: str) -> Finding:
    """Fresh spikes, the worst quoted."""
    fresh = [event for event in latency.events if now - event.at <= FRESH]
    if not fresh:
        said = "spikes are not watched for" if latency.fix else "no spike in the last 5 min"
        verdict = Verdict.UNKNOWN if latency.fix else Verdict.PASS
        return finding("R06", "redis/latency", verdict, said, f"{len(latency.events)} older", source, latency.fix)
    worst = max(fresh, key=lambda event: event.latest)
    said = f"{worst.event} held the server for {worst.latest * 1000:.0f} ms at {worst.at:%H:%M:%SZ}"
    quote = ", ".join(f"{e.event} {e.latest * 1000:.0f} ms (worst {e.worst * 1000:.0f})" for e in fresh)
    return finding("R06", "redis/latency", Verdict.WARN, said, quote, source, "LATENCY DOCTOR on the server says more")


async def _slow(redis: Redis, now: datetime) -> Finding:
    try:
        return judge_slowlog(await read_slowlog(redis.client), now, redis.source)
    except BackendError as error:
        return unknown("R06", "redis/slowlog", error, redis.source)


async def _spikes(redis: Redis, now: datetime) -> Finding:
    try:
        return judge_latency(await read_latency(redis.client), now, redis.source)
    except BackendError as error:
        return unknown("R06", "redis/latency", error, redis.source)
