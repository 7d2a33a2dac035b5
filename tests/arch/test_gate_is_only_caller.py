"""A plan is applied by the gate, and by nobody else."""

from __future__ import annotations

import ast

from tests.arch.source import modules

ALLOWED = {"providers/core/gate.py", "providers/core/flight.py"}


def _applies(tree: ast.Module) -> bool:
    return any(
        isinstance(node, ast.Attribute) and node.attr == "apply" and isinstance(node.value, ast.Attribute)
        and node.value.attr == "steps"
        for node in ast.walk(tree)
    )  # fmt: skip


def test_only_the_gate_applies_plans() -> None:
    callers = {str(path) for path, tree in modules("providers", "tui", "screens") if _applies(tree)}
    assert callers, "nobody applies a plan: the test looks for the wrong thing"
    assert callers <= ALLOWED
