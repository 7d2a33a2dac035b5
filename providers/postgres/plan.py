"""A query plan as a tree: what EXPLAIN (FORMAT JSON) tells, and where the cost is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec

DEEPEST: Final = 100


class PlanNode(msgspec.Struct, frozen=True):
    """One step of a plan. Costs are the planner's units; times in milliseconds over all loops, None when not run."""

    type: str
    relation: str
    index: str
    condition: str
    """What it joins, looks up or filters by."""
    cost: float
    own_cost: float
    """Without that of the steps below; at least 0, as a Limit costs less than what it reads from."""
    rows: float
    """As the planner guesses, for one loop."""
    actual_rows: float | None
    loops: float | None
    time: float | None
    own_time: float | None
    removed: float | None
    """Rows that the filter threw away."""
    costliest: bool
    children: tuple[PlanNode, ...]

    def walk(self, depth: int = 0) -> Iterator[tuple[int, PlanNode]]:
        """(depth, step), from the top down."""
        yield depth, self
        for child in self.children:
            yield from child.walk(depth + 1)


class Explanation(msgspec.Struct, frozen=True):
    """How the server would run a statement, or, when `analyzed`, how it did."""

    root: PlanNode
    analyzed: bool
    generic: bool
    """Made for any values of the parameters; with real ones the server may choose another plan."""
    planning: float | None
    execution: float | None

    @property
    def costliest(self) -> PlanNode:
        return next((node for _, node in self.root.walk() if node.costliest), self.root)


def explanation(answer: Mapping[str, Any], *, generic: bool) -> Explanation:
    """From the one object of EXPLAIN's JSON. Raises AttributeError, LookupError, TypeError for what is none."""
    root = _node(answer["Plan"], 0)
    nodes = [node for _, node in root.walk()]
    analyzed = root.time is not None
    worst = max(nodes, key=lambda node: (node.own_time or 0.0) if analyzed else node.own_cost)
    return Explanation(
        _marked(root, worst), analyzed, generic, answer.get("Planning Time"), answer.get("Execution Time")
    )


_CONDITIONS: Final = (
    "Index Cond", "Recheck Cond", "Hash Cond", "Merge Cond", "Join Filter", "TID Cond", "Filter", "Sort Key",
    "Group Key",
)  # fmt: skip


def _node(raw: Mapping[str, Any], depth: int) -> PlanNode:
    below: Sequence[Mapping[str, Any]] = raw.get("Plans", ()) if depth < DEEPEST else ()
    children = tuple(_node(child, depth + 1) for child in below)
    loops = raw.get("Actual Loops")
    time = raw["Actual Total Time"] * loops if loops is not None and "Actual Total Time" in raw else None
    cost = float(raw["Total Cost"])
    return PlanNode(
        type=_type(raw),
        relation=_relation(raw),
        index=raw.get("Index Name", ""),
        condition="; ".join(f"{name}: {_said(raw[name])}" for name in _CONDITIONS if name in raw),
        cost=cost,
        own_cost=max(0.0, cost - sum(child.cost for child in children)),
        rows=float(raw["Plan Rows"]),
        actual_rows=raw.get("Actual Rows"),
        loops=loops,
        time=time,
        own_time=None if time is None else max(0.0, time - sum(child.time or 0.0 for child in children)),
        removed=raw.get("Rows Removed by Filter"),
        costliest=False,
        children=children,
    )


def _type(raw: Mapping[str, Any]) -> str:
    """ "Hash Left Join", "Parallel Seq Scan", "Update"."""
    kind = str(raw["Node Type"])
    if kind == "ModifyTable":
        kind = str(raw.get("Operation", kind))
    if (join := raw.get("Join Type", "Inner")) != "Inner":
        kind = f"{kind.removesuffix(' Join')} {join} Join"
    return f"Parallel {kind}" if raw.get("Parallel Aware") else kind


def _relation(raw: Mapping[str, Any]) -> str:
    name, alias = (
        raw.get("Relation Name") or raw.get("CTE Name") or raw.get("Function Name") or "",
        raw.get("Alias", ""),
    )
    qualified = f"{raw['Schema']}.{name}" if name and "Schema" in raw else name
    return f"{qualified} {alias}" if alias and alias != name else qualified


def _said(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _marked(node: PlanNode, worst: PlanNode) -> PlanNode:
    if node is worst:
        return msgspec.structs.replace(node, costliest=True)
    return msgspec.structs.replace(node, children=tuple(_marked(child, worst) for child in node.children))
