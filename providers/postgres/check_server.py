"""Questions about the server: D02, D06, D08, replication (E08) and transaction ids (D01)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from providers.core.check import Check, Finding, Verdict
from providers.postgres.findings import age, finding
from providers.postgres.pooler import Pool, Pooler
from providers.postgres.statements import Extension, extension, hindrance
from providers.postgres.timing import Hop, connect_timing
from providers.postgres.values import ConnectionGroup, Overview, Statement, Statements

if TYPE_CHECKING:
    from providers.postgres.provider import Postgres

FULL: Final = 0.95
"""Part of the usable connections from which on the next release or retry storm has none (guide)."""
SLOW_LOGIN: Final = 1.0
"""Seconds for the whole way in, from which on it is worth a word."""
REGRESSED: Final = 3.0
"""How many times its mean since the reset a statement's mean since the console looks may be."""
ENOUGH: Final = 20
"""Calls since then below which a mean says little."""
NOTICED: Final = 5.0
"""Milliseconds of mean below which a statement is not slow, whatever it was before."""
STOPS: Final = 2**31 - 3_000_000
"""Age of a transaction id at which the server takes no more writes (varsup.c)."""
QUEUE: Final = 1.0
"""Seconds a client may wait for a server of the pooler."""


def checks(postgres: Postgres) -> Sequence[Check]:
    """Bound to the feeds of one server."""
    client, limits, source = postgres.client, postgres.thresholds, postgres.source

    async def way() -> list[Finding]:
        return [judge_way(client.target, await connect_timing(client), source)]

    async def connections() -> list[Finding]:
        seen, groups = await postgres.overview.first(), await postgres.connections.first()
        found = [judge_connections(seen, limits.connections_of_max, source)]
        return [*found, *judge_limits(groups, limits.connections_of_max, source)]

    async def pools() -> list[Finding]:
        assert postgres.pools is not None
        return judge_pools(await postgres.pools.first(), postgres.pools.source)

    async def statements() -> list[Finding]:
        present = judge_extension(await extension(client), source)
        if present.verdict is not Verdict.PASS:
            return [present]
        return [present, *judge_statements(await postgres.statements.first(), source)]

    async def replication() -> list[Finding]:
        return judge_replication(await postgres.overview.first(), limits.replica_lag, source)

    async def wraparound() -> list[Finding]:
        return [judge_wraparound(await postgres.overview.first(), source)]

    return (
        Check("D02", "Is the database reached from here, hop by hop?", source, way, timeout=20.0),
        Check("D06", "Are there connections left?", source, connections),
        *((Check("D06", "Does the pooler keep clients waiting?", source, pools),) if postgres.pools else ()),
        Check("D08", "Is a statement slower than it was?", source, statements),
        Check("E08", "Do the replicas keep up?", source, replication),
        Check("D01", "Is there room left in the transaction ids?", source, wraparound),
    )


def judge_way(target: str, hops: Sequence[Hop], source: str) -> Finding:
    """The hop that fails, or how long the whole way takes."""
    quote, last = " · ".join(map(str, hops)), hops[-1]
    if last.error:
        return finding("D02", target, Verdict.FAIL, f"{last.name} fails: {last.error}", quote, source, last.fix)
    total = sum(hop.seconds for hop in hops)
    slowest = max(hops, key=lambda hop: hop.seconds)
    if total > SLOW_LOGIN:
        summary = f"reached, but in {total:.1f} s: {slowest.name} takes {slowest.seconds:.1f} s"
        return finding("D02", target, Verdict.WARN, summary, quote, source)
    return finding("D02", target, Verdict.PASS, f"reached in {total * 1000:.0f} ms", quote, source)


def judge_connections(seen: Overview, threshold: float, source: str) -> Finding:
    """Used against usable: warn from the threshold, fail from 95 %."""
    part = seen.used / seen.usable
    summary = f"{seen.used} of {seen.usable} usable connections are used ({part:.0%})"
    quote = (
        f"max_connections {seen.max_connections}, reserved {seen.superuser_reserved} + {seen.reserved};"
        f" active {seen.active}, idle {seen.idle}, idle in transaction {seen.idle_in_transaction}"
    )
    fix = "end idle sessions, lower the pools of the services, or raise max_connections (needs a restart)"
    verdict = _part(part, threshold)
    return finding("D06", "connections", verdict, summary, quote, source, "" if verdict is Verdict.PASS else fix)


def judge_limits(groups: Sequence[ConnectionGroup], threshold: float, source: str) -> list[Finding]:
    """Roles and databases with a limit of their own that come near it."""
    used = {(f"role/{g.user}", g.role_used, g.role_limit) for g in groups}
    used |= {(f"database/{g.database}", g.database_used, g.database_limit) for g in groups}
    near = sorted((name, count, most) for name, count, most in used if most and count / most >= threshold)
    return [
        finding(
            "D06", name, _part(count / most, threshold), f"{count} of {most} connections", "CONNECTION LIMIT", source
        )
        for name, count, most in near
    ]


def judge_pools(seen: Pooler, source: str) -> list[Finding]:
    """Clients that wait for a server, and databases that were paused."""
    found = [_queue(pool, source) for pool in seen.pools if pool.clients_waiting]
    for one in seen.databases:
        if one.paused or one.disabled:
            words = "it is paused" if one.paused else "it is disabled"
            fix = f"{'RESUME' if one.paused else 'ENABLE'} {one.name}; on the pooler's console"
            found.append(finding("D06", f"pool/{one.name}", Verdict.FAIL, words, "SHOW DATABASES", source, fix))
    quote = f"{seen.clients} clients, {seen.servers} servers, max_client_conn {seen.most_clients}"
    return found or [finding("D06", "pools", Verdict.PASS, "no client waits for a server", quote, source)]


def judge_extension(seen: Extension, source: str) -> Finding:
    """Whether statements are counted at all."""
    verdict, said, fix = Verdict.PASS, "statements are counted", ""
    if missing := hindrance(seen):
        verdict, (said, fix) = Verdict.WARN, missing
    return finding("D08", "pg_stat_statements", verdict, said, f"version {seen.installed or 'none'}", source, fix)


def judge_statements(seen: Statements, source: str) -> list[Finding]:
    """Statements whose mean since the console looks is three times that since the reset, the costliest first."""
    worse = [(one.since_open.total, one) for one in seen.statements if one.since_open and regressed(one)]
    if worse:
        return [_regression(one, source) for _, one in sorted(worse, key=lambda pair: -pair[0])[:10]]
    looked = (datetime.now(UTC) - seen.opened).total_seconds()
    summary = f"none is much slower than it was, in the {age(looked)} since the console looks"
    return [finding("D08", "statements", Verdict.PASS, summary, f"{seen.known} statements known", source)]


def regressed(one: Statement) -> bool:
    """Compared with what it was before the console looked, so that a long slow spell does not hide itself."""
    since = one.since_open
    if since is None or since.calls < ENOUGH or since.mean < NOTICED:
        return False
    calls = one.calls - since.calls
    return calls >= ENOUGH and since.mean >= REGRESSED * max(0.0, one.total - since.total) / calls


def judge_replication(seen: Overview, limit: float, source: str) -> list[Finding]:
    """This server's own lag when it is a replica, and that of each it sends to; limit in seconds."""
    found = []
    if seen.replica:
        found.append(_lag("replica", seen.lag_seconds, seen.lag_bytes, "replaying", limit, source))
    for one in seen.replicas:
        # A standby of an idle primary reports no lag at all.
        lag = 0.0 if one.lag_seconds is None and one.lag_bytes == 0 else one.lag_seconds
        found.append(_lag(f"replica/{one.name}", lag, one.lag_bytes, one.state, limit, source))
    none = "this server sends to no replica by streaming"
    return found or [finding("E08", "replication", Verdict.PASS, none, "pg_stat_replication is empty", source)]


def judge_wraparound(seen: Overview, source: str) -> Finding:
    """Age of the oldest unfrozen transaction against where autovacuum steps in, and where writing stops."""
    part = seen.wraparound_age / STOPS
    late = seen.wraparound_age > 2 * seen.freeze_max_age
    verdict = Verdict.FAIL if part >= 0.75 else Verdict.WARN if late or part >= 0.5 else Verdict.PASS
    summary = f"{seen.wraparound_database}: {part:.0%} of the way to where the server stops writing"
    quote = (
        f"age(datfrozenxid) {seen.wraparound_age}, autovacuum_freeze_max_age {seen.freeze_max_age}, oldest snapshot"
        f" {seen.oldest_xmin_age or 0} transactions old"
    )
    fix = "" if verdict is Verdict.PASS else "end what holds back vacuum (transactions, slots), then VACUUM FREEZE"
    return finding("D01", f"database/{seen.wraparound_database}", verdict, summary, quote, source, fix)


def _part(part: float, threshold: float) -> Verdict:
    return Verdict.FAIL if part >= FULL else Verdict.WARN if part >= threshold else Verdict.PASS


def _queue(pool: Pool, source: str) -> Finding:
    summary = f"{pool.clients_waiting} clients wait for a server, the first for {pool.max_wait:.1f} s"
    quote = f"cl_active {pool.clients_active}, sv_active {pool.servers_active}, sv_idle {pool.servers_idle}"
    verdict = Verdict.FAIL if pool.max_wait > QUEUE else Verdict.WARN
    fix = "look for long transactions; raise pool_size as far as max_connections allows"
    return finding("D06", f"pool/{pool.uid}", verdict, summary, quote, source, fix)


def _regression(one: Statement, source: str) -> Finding:
    assert one.since_open is not None
    before = (one.total - one.since_open.total) / (one.calls - one.since_open.calls)
    summary = f"mean {one.since_open.mean:.1f} ms in {one.since_open.calls} calls since we look, {before:.1f} ms before"
    return finding("D08", f"statement/{one.query_id}", Verdict.WARN, summary, one.query, source, "explain it")


def _lag(name: str, seconds: float | None, size: int | None, state: str, limit: float, source: str) -> Finding:
    quote = f"{state or 'unknown'}, {size if size is not None else 'unknown'} bytes"
    if seconds is None:
        said = "its lag is not told (Aurora tells it in CloudWatch, others only to pg_monitor)"
        return finding("E08", name, Verdict.UNKNOWN, said, quote, source)
    verdict = Verdict.PASS if seconds <= limit else Verdict.WARN if seconds <= 10 * limit else Verdict.FAIL
    return finding("E08", name, verdict, f"{age(seconds)} behind", quote, source)
