"""What is noticed while a document is read: the places of its keys, and every mistake."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection
from typing import Final

from msgspec import inspect

from providers.core.config_problem import Mark, Problem
from providers.core.config_scalar import nothing, scalar_of
from providers.core.config_yaml import Items, Pairs, Scalar, YamlNode
from providers.core.text import clean

WRONG: Final = object()
"""Stands for a value with a mistake, which is already among the problems."""
_KEY: Final = re.compile(r"[a-z][a-z_]{0,40}")


class Notes:
    """`marks` holds the place of every key that was written, by key path."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.marks: dict[str, Mark] = {}

    def keys(self, node: YamlNode, path: str) -> dict[str, tuple[Mark, YamlNode]]:
        """The keys of a mapping with `<<` merged in; doubles and keys that are no text are problems."""
        if bare(node):
            return {}
        if not isinstance(node, Pairs):
            self.wrong(node.mark, path, f"expected a mapping, found {form(node)}")
            return {}
        own: dict[str, tuple[Mark, YamlNode]] = {}
        merged: dict[str, tuple[Mark, YamlNode]] = {}
        for key, inner in node.pairs:
            if isinstance(key, Scalar) and key.plain and key.text == "<<":
                for source in inner.nodes if isinstance(inner, Items) else (inner,):
                    merged = self.keys(source, path) | merged
                continue
            text, expected = scalar_of(key, inspect.StrType()) if isinstance(key, Scalar) else ("", "a key")
            if expected:
                self.wrong(key.mark, path, f"expected a key that is {expected}, found {form(key)}")
            elif text in own:
                self.wrong(key.mark, path, f"the key {clean(text)} is written twice, first in line {own[text][0].line}")
            else:
                own[text] = (key.mark, inner)
                self.marks[f"{path}.{text}" if path else text] = inner.mark
        return merged | own

    def unknown(self, key: str, mark: Mark, path: str, known: Collection[str]) -> None:
        near = difflib.get_close_matches(key, known, n=1)
        hint = f"did you mean {near[0]}?" if near else f"known here: {', '.join(sorted(known))}"
        # What does not look like a key may be a value that slipped: a password after a line break.
        named = f" {key}" if near or _KEY.fullmatch(key) else ""
        self.wrong(mark, path, f"unknown key{named}; {hint}")

    def wrong(self, mark: Mark, path: str, message: str) -> object:
        self.problems.append(Problem(message, clean(path, 200), mark))
        return WRONG


def bare(node: YamlNode) -> bool:
    """Whether nothing at all stands after the key."""
    return isinstance(node, Scalar) and node.plain and not node.text


def form(node: YamlNode) -> str:
    if isinstance(node, Scalar):
        return "nothing" if nothing(node) else "a single value"
    return "a list" if isinstance(node, Items) else "a mapping"
