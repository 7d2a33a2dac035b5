"""Plans as EXPLAIN tells them: own cost, the costliest step, loops counted in."""

from __future__ import annotations

from typing import Any

import pytest

from providers.postgres.plan import DEEPEST, explanation


def _step(kind: str, cost: float, *below: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"Node Type": kind, "Total Cost": cost, "Plan Rows": 1, "Plans": list(below), **more}


def test_own_cost_is_what_the_steps_below_do_not_explain() -> None:
    scan = _step("Seq Scan", 90.0, **{"Relation Name": "swaps", "Schema": "public", "Alias": "s", "Filter": "(x > 1)"})
    look = _step("Index Scan", 8.0, **{"Index Name": "htlcs_swap", "Index Cond": "(a = b)", "Parallel Aware": True})
    found = explanation({"Plan": _step("Hash Join", 100.0, scan, look, **{"Join Type": "Left"})}, generic=False)
    steps = [(depth, node.type, node.own_cost, node.costliest) for depth, node in found.root.walk()]
    assert steps == [
        (0, "Hash Left Join", 2.0, False), (1, "Seq Scan", 90.0, True), (1, "Parallel Index Scan", 8.0, False),
    ]  # fmt: skip
    assert (found.costliest.relation, found.costliest.condition) == ("public.swaps s", "Filter: (x > 1)")
    assert (found.analyzed, found.planning) == (False, None)


def test_a_limit_costs_no_less_than_nothing() -> None:
    found = explanation(
        {"Plan": _step("Limit", 1.0, _step("Sort", 50.0, **{"Sort Key": ["a", "b DESC"]}))}, generic=True
    )
    assert found.root.own_cost == 0.0
    assert found.costliest.condition == "Sort Key: a, b DESC"


def test_times_are_of_all_loops() -> None:
    inner = _step("Index Scan", 1.0, **{"Actual Total Time": 0.5, "Actual Loops": 100, "Actual Rows": 2})
    top = _step("Nested Loop", 500.0, inner, **{"Actual Total Time": 60.0, "Actual Loops": 1, "Actual Rows": 200})
    found = explanation({"Plan": top, "Planning Time": 0.2, "Execution Time": 61.0}, generic=False)
    assert found.analyzed and found.costliest.type == "Index Scan"
    assert (found.costliest.time, found.root.own_time, found.execution) == (50.0, 10.0, 61.0)


def test_a_step_that_never_ran_has_no_time_of_its_own() -> None:
    never = _step("Seq Scan", 9.0, **{"Actual Total Time": 0.0, "Actual Loops": 0, "Actual Rows": 0})
    top = _step("Result", 10.0, never, **{"Actual Total Time": 1.0, "Actual Loops": 1, "Actual Rows": 0})
    assert explanation({"Plan": top}, generic=False).root.own_time == 1.0


def test_a_plan_without_end_is_cut() -> None:
    plan = _step("Result", 1.0)
    for _ in range(300):
        plan = _step("Append", 1.0, plan)
    assert max(depth for depth, _ in explanation({"Plan": plan}, generic=False).root.walk()) == DEEPEST


def test_what_changes_rows_is_named() -> None:
    plan = _step("ModifyTable", 1.0, **{"Operation": "Delete", "Relation Name": "swaps", "Alias": "swaps"})
    root = explanation({"Plan": plan}, generic=False).root
    assert (root.type, root.relation) == ("Delete", "swaps")


@pytest.mark.parametrize("answer", [{}, {"Plan": {}}, {"Plan": []}])
def test_what_is_no_plan_is_no_plan(answer: dict[str, Any]) -> None:
    with pytest.raises((AttributeError, LookupError, TypeError)):
        explanation(answer, generic=False)
