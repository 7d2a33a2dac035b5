"""Tests wait for a condition, never for a time; a sleep of nothing only lets others run."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.arch.source import modules

BENCHMARKS = Path("tests/benchmarks")
"""No tests: what they measure, they measure over a span of time."""
ALLOWED: dict[str, str] = {}
"""Test module to the reason why it must let time pass."""


def _sleeps(tree: ast.Module) -> bool:
    return any(
        isinstance(node, ast.Call)
        and (node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")) == "sleep"
        and not (node.args and isinstance(node.args[0], ast.Constant) and node.args[0].value == 0)
        for node in ast.walk(tree)
    )


def test_no_test_sleeps() -> None:
    tests = (module for module in modules("tests") if not module[0].is_relative_to(BENCHMARKS))
    found = {str(path) for path, tree in tests if _sleeps(tree)}
    assert found == set(ALLOWED)


@pytest.mark.parametrize("line", ["time.sleep(1)", "await asyncio.sleep(0.01)", "sleep(delay)", "anyio.sleep(x)"])
def test_the_test_sees_a_sleep(line: str) -> None:
    assert _sleeps(ast.parse(line))


def test_letting_others_run_is_no_sleep() -> None:
    assert not _sleeps(ast.parse("await asyncio.sleep(0)"))
