"""What a single YAML text means where a type is expected; the surprises of YAML 1.1 are mistakes, not values."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any, Final

import yaml
from msgspec import inspect

from providers.core.config_syntax import SYNTAX
from providers.core.config_yaml import Scalar, YamlNode
from providers.core.text import BANNED

_INTEGER: Final = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
_NUMBER: Final = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})(\.[0-9]{1,17})?([eE][-+]?[0-9]{1,3})?")
_NOTHING: Final = frozenset(("", "~", "null", "Null", "NULL"))
_BOOLEANS: Final = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_READ_AS: Final = {
    "bool": "a boolean",
    "int": "a number",
    "float": "a number",
    "timestamp": "a date",
    "null": "nothing",
    "merge": "a merge",
    "value": "a sign of its own",
}
_RESOLVE: Final[Callable[..., str]] = yaml.resolver.Resolver().resolve
_LONGEST: Final = 2_000


def nothing(node: YamlNode) -> bool:
    """Whether nothing was written (`null`, `~` or empty)."""
    return isinstance(node, Scalar) and node.plain and node.text in _NOTHING


def scalar_of(node: Scalar, kind: inspect.Type) -> tuple[Any, str]:
    """The value, and "" or what was expected in its place."""
    if isinstance(kind, inspect.Metadata):
        value, expected = scalar_of(node, kind.type)
        syntax = (kind.extra or {}).get("syntax")
        return value, expected or (SYNTAX[syntax](value) if syntax else "")
    if isinstance(kind, inspect.BoolType):
        value = _BOOLEANS.get(node.text) if node.plain else None
        return value, "" if value is not None else "true or false"
    if isinstance(kind, inspect.IntType | inspect.FloatType):
        return _number(node, kind)
    if isinstance(kind, inspect.LiteralType):
        return _literal(node, kind)
    return _text(node, kind if isinstance(kind, inspect.StrType) else inspect.StrType())


def _text(node: Scalar, kind: inspect.StrType) -> tuple[str, str]:
    if node.plain:
        tag = _RESOLVE(yaml.ScalarNode, node.text, (True, False)).rpartition(":")[2]
        if tag != "str":
            return "", f"text; YAML reads this as {_READ_AS.get(tag, tag)}, so put it in quotes"
    if len(node.text) > _LONGEST:
        return "", f"text of at most {_LONGEST} characters"
    if BANNED.search(node.text):
        return "", "text in one line without control or invisible characters"
    if kind.min_length and not node.text:
        return "", "text"
    if kind.pattern and not re.search(kind.pattern, node.text):
        return "", f"text of the form {kind.pattern}"
    return node.text, ""


def _literal(node: Scalar, kind: inspect.LiteralType) -> tuple[Any, str]:
    for value in kind.values:
        if node.text == str(value) and (node.plain or isinstance(value, str)):
            return value, ""
    choices = " or ".join(str(value) for value in kind.values)
    return None, choices if len(kind.values) < 3 else f"one of {', '.join(map(str, kind.values))}"


def _number(node: Scalar, kind: inspect.IntType | inspect.FloatType) -> tuple[Any, str]:
    whole = isinstance(kind, inspect.IntType)
    expected = ("a whole number" if whole else "a number") + _range(kind)
    if not node.plain or not (_INTEGER if whole else _NUMBER).fullmatch(node.text):
        plainly = node.plain and node.text[:1].isdigit()
        return None, f"{expected}, in plain decimal digits" if plainly else expected
    value = int(node.text) if whole else float(node.text)
    above = (kind.ge is None or value >= kind.ge) and (kind.gt is None or value > kind.gt)
    below = (kind.le is None or value <= kind.le) and (kind.lt is None or value < kind.lt)
    return value, "" if above and below and math.isfinite(value) else expected


def _range(kind: inspect.IntType | inspect.FloatType) -> str:
    low = f"from {kind.ge:g}" if kind.ge is not None else f"above {kind.gt:g}" if kind.gt is not None else ""
    high = f"to {kind.le:g}" if kind.le is not None else ""
    return "".join(f" {part}" for part in (low, high) if part)
