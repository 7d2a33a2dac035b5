"""The cells of the Database screen about PostgreSQL and its pooler: pure functions of values."""

from __future__ import annotations

from providers.postgres.pooler import Pool
from providers.postgres.values import Backend, ConnectionGroup, LockNode, Statement, Transaction
from tui.cell import Cell, Column
from tui.format import span
from tui.theme import glyph

HIDDEN = "(hidden: GRANT pg_read_all_stats shows it)"
_LONG, _TOO_LONG = 60.0, 300.0
"""Seconds from which an age is worth a look, and the guide's five minutes."""


def aged(seconds: float | None) -> Cell:
    """An age, loud when it is long; below ten seconds with a digit after the point."""
    if seconds is None:
        return Cell("-", "muted")
    style = "fail" if seconds >= _TOO_LONG else "warn" if seconds >= _LONG else ""
    return Cell(f"{seconds:.1f}s" if seconds < 10 else span(seconds), style)


def text_of(backend: Backend | None) -> Cell:
    """What it runs, or ran last."""
    if backend is None:
        return Cell("(ended, or a prepared transaction)", "muted")
    if backend.hidden:
        return Cell(HIDDEN, "unknown")
    return Cell(backend.query, "" if backend.active else "muted")


def wait(backend: Backend) -> Cell:
    return Cell(backend.wait or "-", "fail" if backend.wait_event_type == "Lock" else "muted")


def state(backend: Backend) -> Cell:
    return Cell(backend.state or "?", "warn" if backend.idle_in_transaction else "")


def milliseconds(amount: float) -> Cell:
    return Cell(f"{amount:.2f}" if amount < 10 else f"{amount:.0f}")


ACTIVITY: tuple[Column[Backend], ...] = (
    Column("PID", lambda b: Cell(str(b.pid)), 8, right=True, weight=10, sort=lambda b: b.pid),
    Column("AGE", lambda b: aged(b.query_age), 6, right=True, weight=10, sort=lambda b: -(b.query_age or 0.0)),
    Column(
        "TX AGE", lambda b: aged(b.transaction_age), 6, right=True, weight=8, sort=lambda b: -(b.transaction_age or 0.0)
    ),
    Column("STATE", state, 20, weight=7),
    Column("WAITS FOR", wait, 26, weight=6),
    Column("USER", lambda b: Cell(b.user), 16, weight=5),
    Column("APP", lambda b: Cell(b.app), 24, weight=4),
    Column("CLIENT", lambda b: Cell(b.client, "muted"), 16, weight=2),
    Column("QUERY", text_of, 400, weight=9, flex=True),
)


def branch(node: LockNode) -> Cell:
    """The pid, as deep as it stands."""
    twig = glyph("└ ", "`-") if node.depth else ""
    name = str(node.pid) if node.pid else "prepared"
    return Cell("  " * max(0, node.depth - 1) + twig + name + (" CYCLE" if node.cycle else ""), _root_style(node))


def holding(node: LockNode) -> Cell:
    if not node.holds_up:
        return Cell("-", "muted")
    return Cell(
        f"{node.holds_up} ({node.frees} at once)" if node.frees != node.holds_up else str(node.holds_up), "fail"
    )


def _root_style(node: LockNode) -> str:
    return "fail" if not node.depth else ""


def locked(node: LockNode) -> Cell:
    return Cell(", ".join(map(str, node.locked)) or "-")


BLOCKING: tuple[Column[LockNode], ...] = (
    Column("BLOCKER", branch, 18, weight=10),
    Column("HOLDS UP", holding, 15, weight=10),
    Column("AGE", lambda n: aged(n.backend.longest if n.backend else None), 6, right=True, weight=9),
    Column("STATE", lambda n: state(n.backend) if n.backend else Cell("-", "muted"), 20, weight=6),
    Column("WAITED", lambda n: aged(n.waited), 6, right=True, weight=7),
    Column("LOCK", locked, 40, weight=7),
    Column("USER", lambda n: Cell(n.backend.user if n.backend else "-"), 16, weight=4),
    Column("APP", lambda n: Cell(n.backend.app if n.backend else "-"), 24, weight=5),
    Column("QUERY", lambda n: text_of(n.backend), 400, weight=8, flex=True),
)

TRANSACTIONS: tuple[Column[Transaction], ...] = (
    Column("PID", lambda t: Cell(str(t.backend.pid)), 8, right=True, weight=10),
    Column("AGE", lambda t: aged(t.backend.longest), 6, right=True, weight=10, sort=lambda t: -t.backend.longest),
    Column("WHY", lambda t: Cell(t.why, "warn"), 20, weight=9),
    Column("HOLDS UP", lambda t: Cell(str(t.holds_up) if t.holds_up else "-", "fail" if t.holds_up else "muted"), 8),
    Column("USER", lambda t: Cell(t.backend.user), 16, weight=3),
    Column("APP", lambda t: Cell(t.backend.app), 24, weight=4),
    Column("QUERY", lambda t: text_of(t.backend), 400, weight=8, flex=True),
)


def limit(used: int, most: int | None) -> Cell:
    if most is None:
        return Cell(str(used), "muted")
    part = used / most if most else 1.0
    return Cell(f"{used}/{most}", "fail" if part >= 0.95 else "warn" if part >= 0.8 else "")


CONNECTIONS: tuple[Column[ConnectionGroup], ...] = (
    Column("COUNT", lambda g: Cell(str(g.count)), 5, right=True, weight=10, sort=lambda g: -g.count),
    Column("STATE", lambda g: Cell(g.state, "warn" if "transaction" in g.state else ""), 28, weight=9),
    Column("USER", lambda g: Cell(g.user), 20, weight=8),
    Column("OF ROLE", lambda g: limit(g.role_used, g.role_limit), 8, right=True, weight=6),
    Column("APP", lambda g: Cell(g.app or "(none)"), 28, weight=8),
    Column("CLIENT", lambda g: Cell(g.client, "muted"), 20, weight=5),
    Column("OLDEST", lambda g: Cell(span(g.oldest_state), "muted"), 6, right=True, weight=4),
    Column("DATABASE", lambda g: Cell(g.database), 20, weight=3),
    Column("OF DB", lambda g: limit(g.database_used, g.database_limit), 8, right=True, weight=2),
)


def hit(s: Statement) -> Cell:
    total = s.hits + s.reads
    return Cell(f"{s.hits / total:.0%}" if total else "-", "warn" if total and s.hits / total < 0.9 else "muted")


def lately(s: Statement) -> Cell:
    """Calls and mean since the console began to look; loud where it became slow."""
    if s.since_open is None or not s.since_open.calls:
        return Cell("-", "muted")
    slower = s.since_open.mean > 3 * s.mean and s.since_open.mean > 10
    return Cell(f"{s.since_open.calls} × {s.since_open.mean:.1f}", "fail" if slower else "")


STATEMENTS: tuple[Column[Statement], ...] = (
    Column("SHARE", lambda s: Cell(f"{s.share:.0%}"), 5, right=True, weight=10, sort=lambda s: -s.share),
    Column("MEAN ms", lambda s: milliseconds(s.mean), 8, right=True, weight=10, sort=lambda s: -s.mean),
    Column("CALLS", lambda s: Cell(str(s.calls)), 9, right=True, weight=9, sort=lambda s: -s.calls),
    Column(
        "SINCE OPEN ms", lately, 14, right=True, weight=8, sort=lambda s: -(s.since_open.total if s.since_open else 0)
    ),
    Column("TOTAL s", lambda s: Cell(f"{s.total / 1000:.1f}"), 8, right=True, weight=7, sort=lambda s: -s.total),
    Column("MAX ms", lambda s: milliseconds(s.max), 8, right=True, weight=6, sort=lambda s: -s.max),
    Column("STDDEV", lambda s: milliseconds(s.stddev), 8, right=True, weight=4, sort=lambda s: -s.stddev),
    Column("ROWS", lambda s: Cell(str(s.rows), "muted"), 9, right=True, weight=2, sort=lambda s: -s.rows),
    Column("HIT", hit, 5, right=True, weight=3),
    Column("USER", lambda s: Cell(s.user, "muted"), 14, weight=2),
    Column("STATEMENT", lambda s: Cell(HIDDEN, "unknown") if s.hidden else Cell(s.query), 400, weight=9, flex=True),
)

POOLS: tuple[Column[Pool], ...] = (
    Column("DATABASE", lambda p: Cell(p.database), 20, weight=10),
    Column("USER", lambda p: Cell(p.user), 16, weight=9),
    Column("WAITING", lambda p: Cell(str(p.clients_waiting), "fail" if p.clients_waiting else "muted"), 7, right=True,
           weight=10),
    Column("MAX WAIT", lambda p: aged(p.max_wait if p.clients_waiting else None), 8, right=True, weight=9),
    Column("CLIENTS", lambda p: Cell(str(p.clients_active)), 7, right=True, weight=8),
    Column("SERVERS busy/idle", lambda p: Cell(f"{p.servers_active}/{p.servers_idle + p.servers_used}"), 17, weight=8),
    Column("LOGIN", lambda p: Cell(str(p.servers_login), "muted"), 5, right=True, weight=3),
    Column("MODE", lambda p: Cell(p.mode, "muted"), 12, weight=5),
)  # fmt: skip
