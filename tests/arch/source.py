"""Our own source, parsed once a test process."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
HOUSES = ("providers", "tui", "screens", "sandbox")


@cache
def modules(*houses: str) -> tuple[tuple[Path, ast.Module], ...]:
    """(path below the root, syntax tree) of every module of these houses (all of them without any)."""
    paths = (path for house in houses or HOUSES for path in sorted((ROOT / house).rglob("*.py")))
    return tuple((path.relative_to(ROOT), ast.parse(path.read_text())) for path in paths)
