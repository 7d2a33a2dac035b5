"""What `get` prints of the database, the cache, and what AWS says of both."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from tui.commands.listing_shape import Listing
from tui.format import bytes_text, percent, span
from tui.moment import age


def _short(text: str) -> str:
    """A statement on one line."""
    return " ".join(text.split())[:160]


def _backend(b: Any) -> Sequence[str]:
    query = "(hidden)" if b.hidden else _short(b.query)
    return (
        str(b.pid),
        span(b.query_age),
        span(b.transaction_age),
        b.state,
        b.wait or "-",
        b.user,
        b.app,
        b.client,
        query,
    )


def _node(n: Any) -> Sequence[str]:
    b = n.backend
    who = (b.user, b.app, _short(b.query)) if b else ("-", "-", "(ended, or a prepared transaction)")
    locks = ", ".join(map(str, n.locked)) or "-"
    return "  " * n.depth + str(n.pid), str(n.holds_up), str(n.frees), span(b.longest if b else None), locks, *who


def _transaction(t: Any) -> Sequence[str]:
    b = t.backend
    return str(b.pid), t.why, span(b.longest), span(t.limit), str(t.holds_up), b.user, b.app, _short(b.query)


def _group(g: Any) -> Sequence[str]:
    role, database = (
        f"{used}/{most}" if most is not None else str(used)
        for used, most in ((g.role_used, g.role_limit), (g.database_used, g.database_limit))
    )
    return str(g.count), g.state, g.user, role, g.app or "-", g.client, g.database, database


def _statement(s: Any) -> Sequence[str]:
    times = (f"{value:.2f}" for value in (s.mean, s.max, s.stddev))
    text = "(hidden)" if s.hidden else _short(s.query)
    return str(s.query_id), f"{s.share:.1%}", *times, str(s.calls), f"{s.total:.0f}", s.user, text


def _pool(p: Any) -> Sequence[str]:
    servers = f"{p.servers_active}/{p.servers_idle + p.servers_used}"
    return p.database, p.user, p.mode, str(p.clients_active), str(p.clients_waiting), f"{p.max_wait:.1f}", servers


def _managed(m: Any) -> Sequence[str]:
    version = " ".join(filter(None, (m.engine, getattr(m, "version", ""))))
    writer = getattr(m, "writer", None)
    role = writer if isinstance(writer, str) else {True: "writer", False: "reader", None: "-"}[writer]
    return m.name, m.status, role, version, ", ".join(m.pending) or "-", getattr(m, "endpoint", "") or "-"


def _snapshot(s: Any) -> Sequence[str]:
    return s.name, s.of, s.type, s.status, age(s.created), f"{s.size or '-'} GiB", "yes" if s.encrypted else "NO"


def _settings(groups: Any) -> Sequence[Any]:
    return [(group, parameter) for group in groups for parameter in group.parameters]


def _setting(pair: Any) -> Sequence[str]:
    group, p = pair
    return p.name, p.value or "-", group.name, group.kind, p.apply_type or "-", p.allowed or "-"


DATABASE: Final = {
    "backends": Listing(
        "activity", ("PID", "AGE", "TX AGE", "STATE", "WAITS FOR", "USER", "APP", "CLIENT", "QUERY"), _backend,
        "postgres",
    ),
    "blocking": Listing(
        "blocking", ("BLOCKER", "HOLDS UP", "FREES", "AGE", "LOCK", "USER", "APP", "QUERY"), _node, "postgres"
    ),
    "transactions": Listing(
        "transactions", ("PID", "WHY", "AGE", "LIMIT", "HOLDS UP", "USER", "APP", "QUERY"), _transaction, "postgres"
    ),
    "connections": Listing(
        "connections", ("COUNT", "STATE", "USER", "OF ROLE", "APP", "CLIENT", "DATABASE", "OF DB"), _group, "postgres"
    ),
    "statements": Listing(
        "statements", ("ID", "SHARE", "MEAN ms", "MAX", "STDDEV", "CALLS", "TOTAL ms", "USER", "STATEMENT"), _statement,
        "postgres", lambda known: known.statements,
    ),
    "pools": Listing(
        "pools", ("DATABASE", "USER", "MODE", "CLIENTS", "WAITING", "MAX WAIT s", "SERVERS busy/idle"), _pool,
        "postgres", lambda known: known.pools,
    ),
}  # fmt: skip

CACHE: Final = {
    "cache-clients": Listing(
        "clients", ("COUNT", "CLIENT", "FROM", "IDLE", "BLOCKED", "MEMORY"),
        lambda g: (str(g.count), g.name or "-", g.host, str(g.idle), str(g.blocked), bytes_text(g.memory)), "redis",
        lambda known: known.groups,
    ),
    "slowlog": Listing(
        "slowlog", ("AGO", "ms", "CLIENT", "COMMAND"),
        lambda e: (age(e.at), f"{e.seconds * 1000:.1f}", e.name or e.client, e.command), "redis",
        lambda known: known.entries,
    ),
    "latency": Listing(
        "latency", ("EVENT", "LATEST ms", "WORST ms", "AGO"),
        lambda e: (e.event, f"{e.latest * 1000:.0f}", f"{e.worst * 1000:.0f}", age(e.at)), "redis",
        lambda known: known.events,
    ),
    "bigkeys": Listing(
        "bigkeys", ("BYTES", "TYPE", "ELEMENTS", "TTL", "KEY"),
        lambda k: (bytes_text(k.bytes), k.type, str(k.elements or "-"), span(k.ttl) if k.ttl else "none", k.name),
        "redis", lambda known: known.keys,
    ),
    "keyspace": Listing(
        "overview", ("DB", "KEYS", "EXPIRE", "MEMORY", "OF MAX", "HIT RATIO"),
        lambda row: row, "redis", lambda o: [
            (str(d.number), str(d.keys), str(d.expires), bytes_text(o.vitals.memory.used),
             percent(o.vitals.memory.of_maximum, 1.0), percent(o.vitals.totals.hit_ratio, 1.0))
            for d in o.vitals.databases
        ],
    ),
}  # fmt: skip

MANAGED: Final = {
    "databases": Listing(
        "databases", ("NAME", "STATUS", "ROLE", "ENGINE", "PENDING", "ENDPOINT"), _managed, "aws",
        lambda known: (*known.clusters, *known.instances),
    ),
    "caches": Listing(
        "caches", ("NAME", "STATUS", "ROLE", "ENGINE", "PENDING", "ENDPOINT"), _managed, "aws",
        lambda known: (*known.groups, *known.clusters),
    ),
    "db-events": Listing(
        "db_events", ("AGO", "SUBJECT", "KIND", "MESSAGE"), lambda e: (age(e.at), e.subject, e.kind, e.message), "aws"
    ),
    "cache-events": Listing(
        "cache_events", ("AGO", "SUBJECT", "KIND", "MESSAGE"), lambda e: (age(e.at), e.subject, e.kind, e.message),
        "aws",
    ),
    "snapshots": Listing(
        "snapshots", ("NAME", "OF", "TYPE", "STATUS", "AGE", "SIZE", "ENCRYPTED"), _snapshot, "aws",
        lambda known: known.snapshots,
    ),
    "restorable": Listing(
        "snapshots", ("DATABASE", "FROM", "TO"), lambda w: (w.database, str(w.earliest or "-"), str(w.latest or "-")),
        "aws", lambda known: known.windows,
    ),
    "parameters": Listing(
        "db_parameters", ("PARAMETER", "VALUE", "GROUP", "OF", "TYPE", "ALLOWED"), _setting, "aws", _settings
    ),
    "cache-parameters": Listing(
        "cache_parameters", ("PARAMETER", "VALUE", "GROUP", "OF", "TYPE", "ALLOWED"), _setting, "aws", _settings
    ),
}  # fmt: skip
