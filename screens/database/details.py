"""All there is to know of one row, as lines."""

from __future__ import annotations

from collections.abc import Iterator

from providers.postgres.outline import outline
from providers.postgres.plan import Explanation
from providers.postgres.timing import Hop
from providers.postgres.values import Backend, LockNode, Statement
from screens.database.columns import HIDDEN
from tui.format import percent, span
from tui.lines import Line

_OF_ROW = {"head": "heading", "note": "muted", "costliest": "fail", "detail": "muted", "waste": "warn"}


def backend_lines(b: Backend) -> Iterator[Line]:
    """A session: who, since when, what it waits for, and its statement whole."""
    yield Line(f"backend {b.pid} · {b.state or 'state hidden'}", "heading")
    facts = {
        "user": b.user, "application": b.app, "client": b.client, "database": b.database, "kind": b.backend_type,
        "connected": _ago(b.backend_age), "transaction": _ago(b.transaction_age), "statement": _ago(b.query_age),
        "in this state": _ago(b.state_age), "waits for": b.wait, "query id": str(b.query_id or ""),
        "worker of": str(b.leader_pid or ""),
    }  # fmt: skip
    yield from (Line(f"{name:<14} {text}", hang=15) for name, text in facts.items() if text)
    yield Line("")
    yield from sql_lines("(hidden)" if b.hidden else b.query)


def node_lines(node: LockNode) -> Iterator[Line]:
    """A session of the blocking tree."""
    style = "fail" if node.holds_up else ""
    yield Line(f"holds up {node.holds_up} sessions; ending it lets {node.frees} go on at once", style)
    if node.blocked_by:
        yield Line(f"is itself blocked by {', '.join(map(str, node.blocked_by))}")
    yield from (Line(f"lock           {locked}", hang=15) for locked in node.locked)
    yield Line("")
    if node.backend is not None:
        yield from backend_lines(node.backend)
    else:
        yield Line("It ended in between, or is a prepared transaction: SELECT * FROM pg_prepared_xacts;", "warn")


def statement_lines(s: Statement) -> Iterator[Line]:
    """A statement with every number there is of it."""
    yield Line(f"statement {s.query_id} of {s.user} in {s.database}", "heading")
    lately = s.since_open
    blocks = s.hits + s.reads
    facts = {
        "share": f"{s.share:.1%} of the time of all statements",
        "calls": f"{s.calls}, {s.rows} rows, {s.rows / s.calls if s.calls else 0:.1f} a call",
        "time (ms)": f"mean {s.mean:.2f}, max {s.max:.2f}, standard deviation {s.stddev:.2f}, in all {s.total:.0f}",
        "since opened": f"{lately.calls} calls, mean {lately.mean:.2f} ms" if lately else "not seen then",
        "blocks": f"{percent(s.hits, blocks)} of {blocks} from the cache; {s.temp_written} temporary blocks written",
    }
    yield from (Line(f"{name:<14} {text}", hang=15) for name, text in facts.items())
    yield Line("")
    yield from sql_lines(HIDDEN if s.hidden else s.query)


def sql_lines(text: str) -> Iterator[Line]:
    """A statement, as it was written."""
    yield from (Line(line, hang=4) for line in text.splitlines() or ("(no text)",))


def plan_lines(found: Explanation) -> Iterator[Line]:
    """A plan as a tree, the step with the most cost of its own marked by a word."""
    yield from (Line(row.text, _OF_ROW.get(row.kind, ""), row.hang) for row in outline(found))


def hop_lines(hops: tuple[Hop, ...]) -> Iterator[Line]:
    """The way to a server, hop by hop; the last is where it failed, when it did."""
    for hop in hops:
        mark = "FAILED" if hop.error else "ok"
        yield Line(f"{hop.name:<8} {hop.seconds * 1000:>8.1f} ms   {mark}   {hop.error or hop.detail}",
                   "fail" if hop.error else "ok", hang=24)  # fmt: skip
        if hop.fix:
            yield Line(f"{'':24}{hop.fix}", "warn", hang=24)


def _ago(seconds: float | None) -> str:
    return "" if seconds is None else f"{span(seconds)} ago"
