"""Broad catches stand in the feed loop and the gate, nowhere else."""

from __future__ import annotations

import ast

from tests.arch.source import modules

ALLOWED = {
    "providers/core/feed.py": "a feed outlives every failure of its source and of its listeners",
    "providers/core/gate.py": "an unexpected failure of a change is an unknown outcome",
    "providers/core/flight.py": "a report that breaks must not break the change",
}


def _broad(tree: ast.Module) -> bool:
    names = {"Exception", "BaseException"}
    return any(
        isinstance(node, ast.ExceptHandler)
        and (node.type is None or (isinstance(node.type, ast.Name) and node.type.id in names))
        and not _reraises(node)
        for node in ast.walk(tree)
    )


def _reraises(handler: ast.ExceptHandler) -> bool:
    return any(isinstance(node, ast.Raise) and node.exc is None for node in ast.walk(handler))


def test_broad_catches_are_where_they_belong() -> None:
    found = {str(path) for path, tree in modules("providers", "tui", "screens") if _broad(tree)}
    assert found <= set(ALLOWED)
