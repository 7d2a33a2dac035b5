"""Label selectors as operators write them: app=x,tier!=y,env in (a,b),canary,!legacy."""

from __future__ import annotations

import re

import msgspec

from providers.core.errors import UsageError

_TERM = re.compile(
    r"^\s*(?:(?P<not>!)\s*(?P<absent>[\w./-]+)"
    r"|(?P<key>[\w./-]+)\s*(?:(?P<op>==|=|!=)\s*(?P<value>[\w.-]*)|(?P<set>in|notin)\s*\((?P<values>[^)]*)\))?)\s*$"
)


class Requirement(msgspec.Struct, frozen=True):
    """One term: `values` None asks only whether the key is there."""

    key: str
    wanted: bool
    values: frozenset[str] | None

    def holds(self, labels: dict[str, str]) -> bool:
        if self.values is None:
            return (self.key in labels) == self.wanted
        return (labels.get(self.key) in self.values) == self.wanted


class Selector(msgspec.Struct, frozen=True):
    """All terms must hold. `text` is what the server is asked with."""

    text: str
    terms: tuple[Requirement, ...]

    @classmethod
    def parse(cls, text: str) -> Selector:
        """Raises UsageError naming the term that is wrong."""
        return cls(text, tuple(_requirement(term) for term in re.split(r",(?![^(]*\))", text) if term.strip()))

    def matches(self, labels: dict[str, str]) -> bool:
        """An empty selector matches everything, as on the server."""
        return all(term.holds(labels) for term in self.terms)


def _requirement(term: str) -> Requirement:
    found = _TERM.match(term)
    if found is None:
        raise UsageError(
            f"not a label selector term: {term.strip()!r}", fix="write key=value, key!=value or key in (a,b)"
        )
    if found["not"]:
        return Requirement(found["absent"], False, None)
    if found["op"]:
        return Requirement(found["key"], found["op"] != "!=", frozenset({found["value"]}))
    if found["set"]:
        values = frozenset(value.strip() for value in found["values"].split(","))
        return Requirement(found["key"], found["set"] == "in", values)
    return Requirement(found["key"], True, None)
