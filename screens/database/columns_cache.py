"""The cells of the Database screen about the cache: pure functions of values."""

from __future__ import annotations

from providers.redis.traffic import BigKey, ClientGroup, LatencyEvent, SlowEntry
from tui.cell import Cell, Column
from tui.format import bytes_text, span
from tui.moment import age

_SLOW = 0.1
"""Seconds from which a command holds everybody up for long."""


def took(seconds: float) -> Cell:
    return Cell(f"{seconds * 1000:.1f}", "fail" if seconds >= _SLOW else "warn" if seconds >= _SLOW / 10 else "")


CLIENTS: tuple[Column[ClientGroup], ...] = (
    Column("COUNT", lambda g: Cell(str(g.count)), 5, right=True, weight=10, sort=lambda g: -g.count),
    Column("CLIENT", lambda g: Cell(g.name or "(no name)"), 28, weight=10),
    Column("FROM", lambda g: Cell(g.host, "muted"), 24, weight=8),
    Column("IDLE", lambda g: Cell(str(g.idle), "muted"), 5, right=True, weight=6, sort=lambda g: -g.idle),
    Column("BLOCKED", lambda g: Cell(str(g.blocked), "warn" if g.blocked else "muted"), 7, right=True, weight=7),
    Column("MEMORY", lambda g: Cell(bytes_text(g.memory)), 7, right=True, weight=5, sort=lambda g: -g.memory),
)

SLOWLOG: tuple[Column[SlowEntry], ...] = (
    Column("AGO", lambda e: Cell(age(e.at), "muted"), 5, right=True, weight=9, sort=lambda e: -e.at.timestamp()),
    Column("ms", lambda e: took(e.seconds), 8, right=True, weight=10, sort=lambda e: -e.seconds),
    Column("CLIENT", lambda e: Cell(e.name or e.client, "muted"), 22, weight=4),
    Column("COMMAND", lambda e: Cell(e.command), 400, weight=9, flex=True),
)

LATENCY: tuple[Column[LatencyEvent], ...] = (
    Column("EVENT", lambda e: Cell(e.event), 24, weight=10),
    Column("LATEST ms", lambda e: took(e.latest), 9, right=True, weight=9),
    Column("WORST ms", lambda e: took(e.worst), 9, right=True, weight=8),
    Column("AGO", lambda e: Cell(age(e.at), "muted"), 5, right=True, weight=7),
)

BIG_KEYS: tuple[Column[BigKey], ...] = (
    Column("BYTES", lambda k: Cell(bytes_text(k.bytes)), 7, right=True, weight=10, sort=lambda k: -k.bytes),
    Column("TYPE", lambda k: Cell(k.type, "muted"), 8, weight=7),
    Column("ELEMENTS", lambda k: Cell("-" if k.elements is None else str(k.elements)), 9, right=True, weight=6),
    Column("TTL", lambda k: Cell(span(k.ttl) if k.ttl is not None else "none", "muted"), 6, right=True, weight=6),
    Column("KEY", lambda k: Cell(k.name), 200, weight=9, flex=True),
)
