"""Filter patterns of CloudWatch Logs, of which moto knows plain terms only and lets everything else match all.

After "Filter pattern syntax" in the CloudWatch Logs user guide: terms, JSON selectors, columns; no regular expressions.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from moto.logs import models
from moto.logs.exceptions import InvalidParameterException

from sandbox.aws.conditions import MISSING, Condition, Malformed, condition

Matcher = Callable[[str], bool]
_TERM = re.compile(r'([-?]?)("(?:[^"\\]|\\.)*"|\S+)')
_FIELD = re.compile(r'"[^"]*"|\[[^\]]*\]|\S+')
_STEP = re.compile(r"\.?([^.\[\]]+)|\[(\d+)\]")
_COMMA = re.compile(r',(?=(?:[^"]*"[^"]*")*[^"]*$)')
_REST = "..."


class Filter:
    """Stands in for moto's own, of the same shape; without a pattern all match.

    Raises InvalidParameterException for a malformed one.
    """

    def __init__(self, pattern: str | None) -> None:
        try:
            self.matches = matcher((pattern or "").strip())
        except Malformed as error:
            raise InvalidParameterException(f"Invalid filter pattern: {error}") from None


def install() -> None:
    """Let moto filter events by these, and tell them by their time whatever their streams, as CloudWatch Logs does."""
    served: Any = models
    served.EventMessageFilter = Filter
    group: Any = models.LogGroup
    by_stream = group.filter_log_events

    def by_time(self: Any, *asked: Any) -> Any:
        # The last argument is `interleaved`, which CloudWatch Logs takes for true whatever it is.
        return by_stream(self, *asked[:-1], True)

    group.filter_log_events = by_time


@lru_cache(maxsize=64)
def matcher(pattern: str) -> Matcher:
    """What tells whether a message matches. Raises Malformed."""
    if pattern.startswith("{"):
        return _json(condition(_inner(pattern, "}")))
    if pattern.startswith("["):
        return _columns([column.strip() for column in _COMMA.split(_inner(pattern, "]"))])
    return _terms(pattern)


def _inner(pattern: str, close: str) -> str:
    if not pattern.endswith(close):
        raise Malformed(f"no {close} at the end")
    return pattern[1:-1].strip()


def _terms(pattern: str) -> Matcher:
    """All of the plain ones and none of the -excluded; where there are no plain ones, any of the ?optional."""
    kinds: dict[str, list[str]] = {"": [], "-": [], "?": []}
    for kind, term in _TERM.findall(pattern):
        if term.startswith("%"):
            raise Malformed("no regular expressions here")
        kinds[kind].append(term[1:-1] if term.startswith('"') else term)

    def matches(message: str) -> bool:
        if any(term in message for term in kinds["-"]):
            return False
        if kinds["?"] and not kinds[""]:
            return any(term in message for term in kinds["?"])
        return all(term in message for term in kinds[""])

    return matches


def _json(holds: Condition) -> Matcher:
    def matches(message: str) -> bool:
        try:
            document = json.loads(message)
        except ValueError:
            return False
        return holds(lambda selector: _select(document, selector))

    return matches


def _select(document: Any, selector: str) -> Any:
    """What is at `$.a.b[0]`, else MISSING."""
    for name, index in _STEP.findall(selector.removeprefix("$")):
        try:
            document = document[int(index) if index else name]
        except (KeyError, IndexError, TypeError):
            return MISSING
    return document


def _columns(columns: list[str]) -> Matcher:
    """Names or conditions on them, by place; `...` stands for any number of columns."""
    if columns.count(_REST) > 1:
        raise Malformed(f"more than one {_REST}")
    names = [re.split(r"[\s=!<>]", column, maxsplit=1)[0].lstrip("(") for column in columns]
    conditions = [condition(column) for column in columns if re.search(r"[=<>]", column)]

    def matches(message: str) -> bool:
        fields = _place(names, _FIELD.findall(message))
        return fields is not None and all(holds(lambda name: fields.get(name, MISSING)) for holds in conditions)

    return matches


def _place(names: list[str], fields: list[str]) -> dict[str, str] | None:
    """The fields by name, None when their number does not fit."""
    if _REST not in names:
        return dict(zip(names, fields, strict=True)) if len(names) == len(fields) else None
    before, after = names[: names.index(_REST)], names[names.index(_REST) + 1 :]
    if len(fields) < len(before) + len(after):
        return None
    return dict(zip([*before, *after], [*fields[: len(before)], *fields[len(fields) - len(after) :]], strict=True))
