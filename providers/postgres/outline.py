"""A plan as indented text: each step with its own cost, and a word at the costliest."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from providers.postgres.plan import Explanation, PlanNode

INDENT = 3


class Row(NamedTuple):
    """One row. `kind` is head, note, step, costliest, detail or waste (rows read for nothing)."""

    kind: str
    text: str
    hang: int = 0
    """Where its continuation begins when it has to be wrapped."""


def outline(found: Explanation) -> Iterator[Row]:
    """From the top down, as it is read."""
    yield Row("head", _headline(found))
    if found.generic:
        yield Row("note", "planned for any value of $1, $2 …: with real values the server may choose another plan")
    for depth, node in found.root.walk():
        yield from _step(depth, node)


def _headline(found: Explanation) -> str:
    worst, root = found.costliest, found.root
    part = worst.own_time / root.time if found.analyzed and worst.own_time and root.time else None
    if part is None:
        part = worst.own_cost / root.cost if root.cost else 0.0
    where = f" on {worst.relation}" if worst.relation else ""
    took = f", took {found.execution:.1f} ms" if found.execution is not None else ""
    return f"cost {root.cost:.0f}{took}; costliest step: {worst.type}{where}, {part:.0%} of it"


def _step(depth: int, node: PlanNode) -> Iterator[Row]:
    pad = " " * (INDENT * depth)
    where = [node.relation and f"on {node.relation}", node.index and f"using {node.index}"]
    name = " ".join(filter(None, (("→ " if depth else "") + node.type, *where)))
    mark = "   ◀ COSTLIEST" if node.costliest else ""
    text = f"{pad}{name}   cost {node.own_cost:.0f} of {node.cost:.0f}, {_rows(node)}{mark}"
    yield Row("costliest" if node.costliest else "step", text, len(pad) + 4)
    if node.condition:
        yield Row("detail", f"{pad}    {node.condition}", len(pad) + 6)
    if node.removed:
        yield Row("waste", f"{pad}    {node.removed:.0f} rows thrown away by the filter")


def _rows(node: PlanNode) -> str:
    if node.actual_rows is None:
        return f"{node.rows:.0f} rows"
    real = f"{node.actual_rows:.0f} real × {node.loops or 0:.0f}, {node.own_time or 0:.1f} ms"
    return f"{node.rows:.0f} rows guessed, {real}"
