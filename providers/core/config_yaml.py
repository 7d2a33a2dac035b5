"""YAML bytes to nodes with places: nothing is built, every size is bounded, and any bytes end in nodes or problems."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import msgspec
import yaml

from providers.core.config_problem import Mark, Problem

MOST_NODES: Final = 20_000
"""Nodes of one file, with every alias counted as what it stands for."""
MOST_DEPTH: Final = 24

_QUOTED: Final = re.compile(r"""'([^']*)'|"([^"]*)\"""")


class Scalar(msgspec.Struct, frozen=True):
    """A text as written; `plain` is without quotes, and then it may mean a number, a boolean or nothing."""

    mark: Mark
    text: str
    plain: bool


class Items(msgspec.Struct, frozen=True):
    """A list."""

    mark: Mark
    nodes: tuple[YamlNode, ...]


class Pairs(msgspec.Struct, frozen=True):
    """A mapping, in the order written, doubles kept."""

    mark: Mark
    pairs: tuple[tuple[YamlNode, YamlNode], ...]


YamlNode = Scalar | Items | Pairs


class MalformedYaml(Exception):
    """These bytes are not one plain YAML document."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


def parse(data: bytes) -> YamlNode | None:
    """The one document in `data`, None when it is empty. Raises MalformedYaml."""
    text = _decoded(data)
    try:
        return _Composer(text).document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise _malformed(_words(error), Mark(mark.line + 1, mark.column + 1) if mark else None) from None
    except (yaml.YAMLError, ValueError, OverflowError):
        # Escapes beyond Unicode and absurd %YAML versions end in bare errors of the parser, with the text in them.
        raise _malformed("this is not YAML", None) from None


def _decoded(data: bytes) -> str:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise _malformed("expected UTF-8 text, found other bytes", Mark(line, 1)) from None
    if bad := yaml.reader.Reader.NON_PRINTABLE.search(text):
        before = text[: bad.start()]
        mark = Mark(before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1)
        raise _malformed(f"found the control character U+{ord(bad[0]):04X}", mark)
    return text


def _malformed(message: str, mark: Mark | None) -> MalformedYaml:
    return MalformedYaml(Problem(message, mark=mark))


def _harmless(match: re.Match[str]) -> str:
    """Single signs and the parser's own names of tokens ('<block end>')."""
    name = match[1] or match[2] or ""
    return match[0] if len(name) < 2 or name == "\\t" or re.fullmatch("<[a-z -]+>", name) else "this"


def _words(error: yaml.MarkedYAMLError) -> str:
    """The parser's own words without the names it quotes: those come out of the file and may be part of a secret."""
    said = _QUOTED.sub(_harmless, error.problem or error.context or "this is not YAML")
    if "\\t" in said:
        return "found a tab; YAML is indented with spaces"
    if "'%'" in said or "'@'" in said or "'`'" in said:
        return f"{said}; a value that begins so must be quoted"
    return said


class _Composer:
    """Builds nodes from the parser's events; what is open and what was anchored is all it remembers."""

    def __init__(self, text: str) -> None:
        self._events: Iterator[yaml.Event] = yaml.parse(text, Loader=yaml.SafeLoader)
        self._anchors: dict[str, tuple[YamlNode, int] | None] = {}
        self._nodes = 0

    def document(self) -> YamlNode | None:
        node = None
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                if node is not None:
                    raise _malformed("expected one document, found a second", _mark(event))
                node = self._node(next(self._events), 0)
        return None if isinstance(node, Scalar) and node.plain and not node.text else node

    def _node(self, event: yaml.Event, depth: int) -> YamlNode:
        self._count(event, 1)
        if depth > MOST_DEPTH:
            raise _malformed(f"nested deeper than {MOST_DEPTH} levels", _mark(event))
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event)
        if not isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent):
            raise _malformed("this is not YAML", _mark(event))
        if event.tag is not None and event.tag != "!":
            raise _malformed("tags (!…) are not used here; a value that begins with ! must be quoted", _mark(event))
        before = self._nodes
        if event.anchor:
            self._anchors[event.anchor] = None
        node = self._built(event, depth)
        if event.anchor:
            self._anchors[event.anchor] = (node, self._nodes - before + 1)
        return node

    def _built(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent, depth: int) -> YamlNode:
        if isinstance(event, yaml.ScalarEvent):
            return Scalar(_mark(event), event.value, plain=event.implicit[0])
        nodes = []
        while not isinstance(inner := next(self._events), yaml.CollectionEndEvent):
            nodes.append(self._node(inner, depth + 1))
        if isinstance(event, yaml.SequenceStartEvent):
            return Items(_mark(event), tuple(nodes))
        return Pairs(_mark(event), tuple(zip(nodes[::2], nodes[1::2], strict=True)))

    def _alias(self, event: yaml.AliasEvent) -> YamlNode:
        name = event.anchor or ""
        known = self._anchors.get(name)
        if known is None:
            said = "stands inside its own anchor" if name in self._anchors else "has no anchor before it"
            raise _malformed(f"this alias {said}; a value that begins with * must be quoted", _mark(event))
        node, size = known
        self._count(event, size)
        return node

    def _count(self, event: yaml.Event, more: int) -> None:
        self._nodes += more
        if self._nodes > MOST_NODES:
            raise _malformed(f"more than {MOST_NODES} values, aliases counted as what they stand for", _mark(event))


def _mark(event: yaml.Event) -> Mark:
    mark = event.start_mark
    return Mark(mark.line + 1, mark.column + 1) if mark else Mark(1, 1)
