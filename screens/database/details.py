"""All there is to know of one row, as lines."""

from __future__ import annotations

from collections.abc import Iterator

from providers.postgres.plan import Explanation, PlanNode
from providers.postgres.timing import Hop
from providers.postgres.values import Backend, LockNode, Statement
from tui.format import percent, span
from tui.lines import Line

_INDENT = 3


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
    yield from sql_lines("(hidden: GRANT pg_read_all_stats shows it)" if s.hidden else s.query)


def sql_lines(text: str) -> Iterator[Line]:
    """A statement, as it was written."""
    yield from (Line(line, hang=4) for line in text.splitlines() or ("(no text)",))


def plan_lines(found: Explanation) -> Iterator[Line]:
    """A plan as a tree, the step with the most cost of its own marked by a word."""
    yield Line(_headline(found), "heading")
    if found.generic:
        yield Line("planned for any value of $1, $2 …: with real values the server may choose another plan", "muted")
    yield Line("")
    for depth, node in found.root.walk():
        yield from _step(depth, node, found)


def _headline(found: Explanation) -> str:
    worst = found.costliest
    part = percent(worst.own_cost, found.root.cost) if not found.analyzed else percent(worst.own_time, found.root.time)
    where = f" on {worst.relation}" if worst.relation else ""
    took = f", took {found.execution:.1f} ms" if found.execution is not None else ""
    return f"cost {found.root.cost:.0f}{took}; costliest step: {worst.type}{where}, {part} of it"


def _step(depth: int, node: PlanNode, found: Explanation) -> Iterator[Line]:
    pad = " " * (_INDENT * depth)
    target = " ".join(filter(None, (node.relation and f"on {node.relation}", node.index and f"using {node.index}")))
    mark = "   ◀ COSTLIEST" if node.costliest else ""
    text = f"{pad}{'└ ' if depth else ''}{node.type} {target}".rstrip()
    yield Line(f"{text}   cost {node.own_cost:.0f} of {node.cost:.0f}, {_rows(node)}{mark}",
               "fail" if node.costliest else "", hang=len(pad) + 4)  # fmt: skip
    if node.condition:
        yield Line(f"{pad}    {node.condition}", "muted", hang=len(pad) + 6)
    if node.removed:
        yield Line(f"{pad}    {node.removed:.0f} rows thrown away by the filter", "warn")


def _rows(node: PlanNode) -> str:
    guessed = f"{node.rows:.0f} rows"
    if node.actual_rows is None:
        return guessed
    return f"{guessed} guessed, {node.actual_rows:.0f} real × {node.loops:.0f}, {node.own_time or 0:.1f} ms"


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
