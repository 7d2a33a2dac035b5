"""Small things: files, classes, functions. An exception is named here with its reason."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from statistics import median

from tests.arch.source import modules

FILE, CLASS, FUNCTION, MEDIAN = 400, 200, 45, 10
EXCEPTIONS = {
    "providers/kube/provider.py:Kube.__init__": "the list of every feed of the cluster, one line each",
    "providers/kube/client.py:KubeClient": "one seam for reads, writes, streams and websockets, with one login",
    "tui/app.py:FusionApp": "Textual finds every action as a method of the application",
    "tui/table.py:TablePanel": "Textual finds every action as a method of the widget",
    "tui/tail.py:Tail": "Textual finds every action as a method of the widget",
    "sandbox/cluster/store.py:Store": "the verbs of the API server on one set of objects",
}


def _sizes() -> Iterator[tuple[str, str, int]]:
    for path, tree in modules():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                yield "class", f"{path}:{node.name}", _lines(node)
                for inner in node.body:
                    if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef):
                        yield "function", f"{path}:{node.name}.{inner.name}", _lines(inner)
        for node in tree.body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield "function", f"{path}:{node.name}", _lines(node)


def _lines(node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def _too_big(kind: str, limit: int) -> list[str]:
    return [f"{name} {size}" for k, name, size in _sizes() if k == kind and size > limit and name not in EXCEPTIONS]


def test_classes_are_small() -> None:
    assert _too_big("class", CLASS) == []


def test_functions_are_small() -> None:
    assert _too_big("function", FUNCTION) == []
    assert median(size for kind, _, size in _sizes() if kind == "function") < MEDIAN


def test_files_are_small() -> None:
    assert [str(path) for path, tree in modules() if tree.body and (tree.body[-1].end_lineno or 0) > FILE] == []


def test_exceptions_are_still_needed() -> None:
    big = {name for kind, name, size in _sizes() if size > {"class": CLASS, "function": FUNCTION}[kind]}
    assert set(EXCEPTIONS) <= big
