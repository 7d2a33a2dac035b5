"""The conditions inside a filter pattern: comparisons of what a selector finds, joined by && and || and parentheses."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from typing import Any, Final

MISSING: Final = object()
"""What a selector that finds nothing gives."""
Lookup = Callable[[str], Any]
Condition = Callable[[Lookup], bool]
_TOKEN = re.compile(r'\s*(&&|\|\||!=|<=|>=|[=<>()]|"(?:[^"\\]|\\.)*"|[^\s()=!<>&|]+)')
_ORDER = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
_STATES = {
    ("IS", "NULL"): lambda value: value is None,
    ("IS", "TRUE"): lambda value: value is True,
    ("IS", "FALSE"): lambda value: value is False,
    ("NOT", "EXISTS"): lambda value: value is MISSING,
}


class Malformed(ValueError):
    """The pattern cannot be read; the text says why."""


def condition(text: str) -> Condition:
    """Read one. Raises Malformed."""
    return _Reader(text).whole()


class _Reader:
    """By recursive descent: || of && of comparisons."""

    def __init__(self, text: str) -> None:
        self._tokens = _TOKEN.findall(text)
        if _dense("".join(self._tokens)) != _dense(text):
            raise Malformed(f"cannot read {text!r}")

    def whole(self) -> Condition:
        holds = self._any()
        if self._tokens:
            raise Malformed(f"unexpected {self._tokens[0]!r}")
        return holds

    def _any(self) -> Condition:
        parts = [self._all()]
        while self._tokens[:1] == ["||"]:
            self._next()
            parts.append(self._all())
        return lambda lookup: any(part(lookup) for part in parts)

    def _all(self) -> Condition:
        parts = [self._one()]
        while self._tokens[:1] == ["&&"]:
            self._next()
            parts.append(self._one())
        return lambda lookup: all(part(lookup) for part in parts)

    def _one(self) -> Condition:
        subject = self._next()
        if subject == "(":
            inner = self._any()
            if self._next() != ")":
                raise Malformed("no ) after (")
            return inner
        return self._comparison(subject, self._next(), self._next())

    def _comparison(self, subject: str, sign: str, wanted: str) -> Condition:
        if state := _STATES.get((sign.upper(), wanted.upper())):
            return lambda lookup: state(lookup(subject))
        if sign in _ORDER:
            return lambda lookup: _ordered(lookup(subject), sign, wanted)
        if sign not in {"=", "!="}:
            raise Malformed(f"unknown comparison {sign!r}")
        if wanted.startswith("%"):
            raise Malformed("no regular expressions here")
        equal = _equality(wanted)
        # Something that is not there is neither equal nor unequal: that is what NOT EXISTS is for.
        return lambda lookup: (value := lookup(subject)) is not MISSING and equal(value) is (sign == "=")

    def _next(self) -> str:
        if not self._tokens:
            raise Malformed("it ends too early")
        token: str = self._tokens.pop(0)
        return token


def _dense(text: str) -> str:
    return re.sub(r"\s", "", text)


def _equality(wanted: str) -> Callable[[Any], bool]:
    """By number where both are, else by text, in which * stands for anything."""
    text = wanted[1:-1] if wanted.startswith('"') else wanted
    glob = re.compile(re.escape(text).replace(r"\*", ".*"), re.DOTALL)
    number = _number(wanted)

    def equal(value: Any) -> bool:
        if number is not None and _number(value) is not None:
            return _number(value) == number
        return isinstance(value, str) and glob.fullmatch(value) is not None

    return equal


def _ordered(value: Any, sign: str, wanted: str) -> bool:
    here, there = _number(value), _number(wanted)
    return here is not None and there is not None and bool(_ORDER[sign](here, there))


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return float(value)
    except ValueError:
        return None
