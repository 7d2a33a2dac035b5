"""Writes docs/configuration.md from the types and their docstrings: `python -m tests.unit.core.config_pages`."""

from __future__ import annotations

import ast
import inspect as source
from pathlib import Path
from typing import Any

import msgspec
from msgspec import inspect

from providers.core import config, config_services, config_systems
from providers.core.config import Config
from providers.core.secret_source import SecretSource

PAGE = Path(__file__).parents[3] / "docs/configuration.md"
INTRODUCTION = Path(__file__).with_name("configuration_introduction.md")


def structs() -> list[type[msgspec.Struct]]:
    """Every section, in the order in which the configuration reaches it."""
    found: list[type[msgspec.Struct]] = []

    def visit(kind: inspect.Type) -> None:
        inner: tuple[inspect.Type, ...] = ()
        if isinstance(kind, inspect.UnionType):
            inner = kind.types
        elif isinstance(kind, inspect.VarTupleType):
            inner = (kind.item_type,)
        elif isinstance(kind, inspect.DictType):
            inner = (kind.value_type,)
        elif isinstance(kind, inspect.StructType) and kind.cls is not SecretSource and kind.cls not in found:
            found.append(kind.cls)
            inner = tuple(field.type for field in kind.fields)
        for one in inner:
            visit(one)

    visit(inspect.type_info(Config))
    return found


def docstrings() -> dict[tuple[str, str], str]:
    """(class, field) to the text below the field."""
    found = {}
    for module in (config, config_services, config_systems):
        for node in ast.walk(ast.parse(source.getsource(module))):
            if not isinstance(node, ast.ClassDef):
                continue
            for field, text in zip(node.body, node.body[1:], strict=False):
                if (
                    isinstance(field, ast.AnnAssign)
                    and isinstance(text, ast.Expr)
                    and isinstance(text.value, ast.Constant)
                ):
                    assert isinstance(field.target, ast.Name)
                    found[node.name, field.target.id] = str(text.value.value)
    return found


def page() -> str:
    """The whole text. Raises KeyError for a key without a docstring."""
    texts = docstrings()
    lines = [INTRODUCTION.read_text().rstrip()]
    for kind in structs():
        lines += ["", f"## {kind.__name__}", "", (kind.__doc__ or "").strip(), ""]
        lines += ["| key | type | default | meaning |", "|---|---|---|---|"]
        info = inspect.type_info(kind)
        assert isinstance(info, inspect.StructType)
        for field in info.fields:
            meaning = texts[kind.__name__, field.name].replace("|", "\\|")
            lines.append(f"| `{field.name}` | {words(field.type)} | {default(field)} | {meaning} |")
    return "\n".join(lines) + "\n"


def words(kind: inspect.Type) -> str:
    """A type as an operator reads it."""
    if isinstance(kind, inspect.Metadata):
        return {"regex": "regex", "selector": "selector"}.get((kind.extra or {}).get("syntax", ""), words(kind.type))
    if isinstance(kind, inspect.UnionType):
        return " or ".join(words(one) for one in kind.types if not isinstance(one, inspect.NoneType))
    if isinstance(kind, inspect.VarTupleType):
        named = isinstance(kind.item_type, inspect.StructType) and kind.item_type.cls.__name__ == "Service"
        return f"{'map' if named else 'list'} of {words(kind.item_type)}"
    if isinstance(kind, inspect.DictType):
        return f"map of {words(kind.value_type)}"
    if isinstance(kind, inspect.StructType):
        return "secret" if kind.cls is SecretSource else f"[{kind.cls.__name__}](#{kind.cls.__name__.lower()})"
    if isinstance(kind, inspect.LiteralType):
        return ", ".join(f"`{value}`" for value in kind.values)
    names = {inspect.BoolType: "boolean", inspect.IntType: "integer", inspect.FloatType: "number"}
    return names.get(type(kind), "text")


def default(field: inspect.Field) -> str:
    if field.required:
        return "required"
    value: Any = field.default_factory() if field.default is msgspec.NODEFAULT else field.default  # type: ignore[misc]
    if isinstance(value, msgspec.Struct) or (value and isinstance(value, dict)):
        return "its own defaults"
    if value and isinstance(value, tuple) and isinstance(value[0], msgspec.Struct):
        return "the bridge's"
    if value is None or value in ((), {}, ""):
        return "unset" if value is None else "empty"
    shown = msgspec.json.encode(value).decode().replace("|", "\\|")
    return f"`{shown}`"


if __name__ == "__main__":
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page())
