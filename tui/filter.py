"""The filter of every list and log: words, !words, -l label=value, /regex/."""

from __future__ import annotations

import shlex
from collections.abc import Callable

import msgspec

from providers.kube.selectors import Selector
from providers.logs.pattern import Pattern

SUBJECT_LIMIT = 2048
"""Characters of a row or line that a filter looks at, so that no expression can hold the screen for long."""


class Filter(msgspec.Struct, frozen=True):
    """All terms must hold. `text` is what was typed; an empty filter keeps everything."""

    text: str = ""
    tests: tuple[Callable[[str], bool], ...] = ()
    selector: Selector = Selector("", ())

    @classmethod
    def parse(cls, text: str) -> Filter:
        """Raises UsageError for a regular expression or selector that is wrong, saying where."""
        if text.startswith(("/", "~")):
            return cls(text, (_regex(text.strip("/~") if text.startswith("/") else text[1:]),))
        try:
            words = shlex.split(text)
        except ValueError:
            words = text.split()
        tests: list[Callable[[str], bool]] = []
        selector = Selector("", ())
        rest = iter(words)
        for word in rest:
            if word == "-l":
                selector = Selector.parse(next(rest, ""))
            elif word.startswith("!") and len(word) > 1:
                tests.append(_without(word[1:].lower()))
            else:
                tests.append(_with(word.lower()))
        return cls(text, tuple(tests), selector)

    def keeps(self, text: str, labels: dict[str, str] | None = None) -> bool:
        """Whether a row with this text and these labels stays."""
        subject = text[:SUBJECT_LIMIT]
        return self.selector.matches(labels or {}) and all(test(subject) for test in self.tests)


def _regex(text: str) -> Callable[[str], bool]:
    pattern = Pattern(f"(?i){text}")
    return lambda subject: pattern.found_in(subject.encode("utf-8", "surrogateescape"))


def _with(word: str) -> Callable[[str], bool]:
    return lambda text: word in text.lower()


def _without(word: str) -> Callable[[str], bool]:
    return lambda text: word not in text.lower()
