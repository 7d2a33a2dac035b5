"""Nothing but constants and cleaned Content reaches a widget: a plain str is parsed as markup and can press keys."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from tests.arch.source import modules

CONSTRUCTORS = frozenset(
    (
        "Static",
        "Label",
        "Button",
        "Option",
        "OptionList",
        "Tab",
        "TabPane",
        "Checkbox",
        "RadioButton",
        "Collapsible",
        "ListItem",
        "Link",
        "Markdown",
        "Selection",
        "Tree",
        "DataTable",
        "Text",
        "Content",
    )
)
METHODS = frozenset(
    (
        "notify",
        "add_row",
        "add_column",
        "add_option",
        "add_columns",
        "set_label",
        "write",
        "write_line",
        "write_lines",
        "update_cell",
        "from_markup",
        "from_ansi",
        "from_rich_text",
    )
)
ATTRIBUTES = frozenset(
    (
        "border_title",
        "border_subtitle",
        "tooltip",
        "sub_title",
        "title",
        "label",
        "placeholder",
    )
)
WORDS = frozenset(("content", "label", "title", "renderable", "prompt", "message", "text", "tooltip", "name"))
"""Keyword arguments of these calls that are drawn."""
CLEAN = frozenset(("content", "lines", "fitted", "clean", "redact"))
"""What makes foreign text safe: the words of tui/text.py and what it is made of."""
DRAWN = frozenset(("Content", "Text", "Strip", "Segment"))
"""Types that are never parsed as markup."""

TEXT = "tui/text.py"
EXCEPTIONS = {
    "tui/clipboard.py:sequence": "base64 between two constants",
    "tui/clipboard.py:wrapped": "the same, wrapped for tmux",
    "tui/confirm.py:Arm {self._site.name}": "the configuration admits letters, digits, '-', '_' and '.' in this name",
}


class Module:
    """One module's calls that draw, and what its own functions return."""

    def __init__(self, tree: ast.Module) -> None:
        self.tree = tree
        self._returns = {
            node.name: ast.unparse(node.returns)
            for node in ast.walk(tree)
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.returns
        }
        self._annotated: dict[str, str] = {}
        self._assigned: dict[str, list[ast.expr]] = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.arg | ast.AnnAssign) and node.annotation:
                name = node.arg if isinstance(node, ast.arg) else ast.unparse(node.target)
                self._annotated[name] = ast.unparse(node.annotation)
            elif isinstance(node, ast.Assign):
                for target in node.targets:
                    self._assigned.setdefault(ast.unparse(target), []).append(node.value)

    def unsafe(self) -> Iterator[str]:
        for node in ast.walk(self.tree):
            for drawn in _drawn(node):
                if not self._safe(drawn):
                    yield ast.unparse(drawn).removeprefix("f").strip("'\"")

    def _safe(self, node: ast.expr) -> bool:
        match node:
            case ast.Constant():
                return True
            case ast.Starred(value=inner):
                return self._safe(inner)
            case ast.IfExp(body=one, orelse=other):
                return self._safe(one) and self._safe(other)
            case ast.BinOp(left=left, right=right, op=ast.Mult()):
                return self._safe(left) or self._safe(right)
            case ast.BinOp(left=left, right=right, op=ast.Add()):
                return self._safe(left) and self._safe(right)
            case ast.List(elts=inner) | ast.Tuple(elts=inner):
                return all(map(self._safe, inner))
            case ast.GeneratorExp(elt=inner) | ast.ListComp(elt=inner):
                return self._safe(inner)
            case ast.JoinedStr(values=parts):
                return all(isinstance(part, ast.Constant) for part in parts)
            case ast.Call(func=func):
                return self._safe_call(func)
            case ast.Name() | ast.Attribute():
                return self._safe_name(ast.unparse(node))
        return False

    def _safe_call(self, func: ast.expr) -> bool:
        name = _last(func)
        if name in CLEAN or name in DRAWN or name in CONSTRUCTORS:
            return True
        if isinstance(func, ast.Attribute) and (name in ("join", "styled", "assemble") or self._safe(func.value)):
            inner = func.value
            return _last(inner) == "Content" or (isinstance(inner, ast.Call) and _last(inner.func) == "Content")
        return _is_drawn(self._returns.get(name, ""))

    def _safe_name(self, name: str) -> bool:
        if name in self._annotated:
            return _is_drawn(self._annotated[name])
        last = name.rpartition(".")[2]
        if name.isupper() or last.endswith("plain"):
            return name.isupper() or name.startswith("content(")
        values = self._assigned.get(name, [])
        return bool(values) and all(map(self._safe, values))


def _is_drawn(annotation: str) -> bool:
    return not {*DRAWN, "Option"}.isdisjoint(re.findall(r"\w+", annotation))


def _last(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _drawn(node: ast.AST) -> Iterator[ast.expr]:
    """The expressions of this node that end on the screen."""
    if isinstance(node, ast.Assign):
        targets = [target for target in node.targets if isinstance(target, ast.Attribute) and target.attr in ATTRIBUTES]
        yield from (node.value for _ in targets[:1])
    if not isinstance(node, ast.Call):
        return
    name = _last(node.func)
    if name in CONSTRUCTORS or (name in METHODS and isinstance(node.func, ast.Attribute)) or _updates_widget(node):
        yield from node.args[:1] if name in ("notify", "Option", "Static", "Label", "Button") else node.args
        yield from (keyword.value for keyword in node.keywords if keyword.arg in WORDS - {"name"})


def _updates_widget(node: ast.Call) -> bool:
    """`self.update(…)` and `….query_one(…).update(…)`; other things with an `update` are mappings."""
    func = node.func
    return (
        isinstance(func, ast.Attribute)
        and func.attr == "update"
        and (ast.unparse(func.value) == "self" or "query_one(" in ast.unparse(func.value))
    )


def _terminal_modules() -> dict[str, ast.Module]:
    """What draws: the command line under tui/commands prints, and is held to its own tests."""
    found = {str(path): tree for path, tree in modules("tui", "screens")}
    return {path: tree for path, tree in found.items() if path != TEXT and not path.startswith("tui/commands/")}


def test_no_text_reaches_a_widget_unless_it_is_constant_or_content() -> None:
    found = {f"{path}:{text}" for path, tree in _terminal_modules().items() for text in Module(tree).unsafe()}
    assert sorted(found - set(EXCEPTIONS)) == []


def test_exceptions_are_still_needed() -> None:
    found = {f"{path}:{text}" for path, tree in _terminal_modules().items() for text in Module(tree).unsafe()}
    assert set(EXCEPTIONS) <= found


@pytest.mark.parametrize(
    "line",
    [
        "Static(name)",
        "Static(f'{name}')",
        "Label('a' + name)",
        "Button('%s' % name)",
        "Button(label=name)",
        "Static('{}'.format(name))",
        "Static(str(error))",
        "Static(', '.join(names))",
        "Content(name)",
        "Content.from_markup(name)",
        "app.notify(error.message)",
        "self.update(f'{name}')",
        "self.query_one('#x', Static).update(name)",
        "table.add_row(name, 'x')",
        "log.write(line)",
        "self.border_title = name",
        "self.tooltip = f'{name}'",
    ],
)
def test_the_test_sees_foreign_text(line: str) -> None:
    assert list(Module(ast.parse(line)).unsafe())


@pytest.mark.parametrize(
    "line",
    [
        "Static('constant')",
        "Static(content(name))",
        "Static(content(f'{name} of {place}', 'bold'))",
        "Static(Content(' ').join(content(name) for name in names))",
        "def shown() -> Content: ...\nStatic(shown())",
        "x = content(name)\nStatic(x)",
        "self.border_title = 'Pods'",
        "mapping.update(other)",
    ],
)
def test_the_test_lets_content_pass(line: str) -> None:
    assert list(Module(ast.parse(line)).unsafe()) == []
