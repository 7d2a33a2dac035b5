"""What is imported is declared: nothing works only because something else happens to bring it along."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

from tests.arch.source import modules

ROOT = Path(__file__).parents[2]
HOUSES = {"providers", "tui", "screens", "sandbox", "runbooks", "tests"}
BROUGHT_BY = {"rich": "textual", "botocore": "boto3"}
"""Libraries that are the public face of what another one is made of."""


def _name(text: str) -> str:
    found = re.match(r"[A-Za-z0-9._-]+", text)
    return re.sub(r"[-_.]+", "-", found[0]).lower() if found else ""


def _declared() -> tuple[set[str], set[str]]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    base = {_name(text) for text in project["dependencies"]}
    return base, base | {_name(text) for text in project["optional-dependencies"]["sandbox"]}


def _imported() -> Iterator[tuple[str, str]]:
    for path, tree in modules():
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                yield from ((str(path), alias.name.partition(".")[0]) for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                yield str(path), node.module.partition(".")[0]


def test_every_import_is_declared() -> None:
    base, sandbox = _declared()
    owners = packages_distributions()
    missing = set()
    for path, name in _imported():
        if name in sys.stdlib_module_names or name in HOUSES:
            continue
        known = sandbox if path.startswith("sandbox") else base
        names = {_name(owner) for owner in owners.get(name, [name])} | {BROUGHT_BY.get(name, name)}
        if not names & known:
            missing.add(f"{path}: {name}")
    assert sorted(missing) == []
