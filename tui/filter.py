"""The filter of every list and log: words, !words, -l label=value, /regex/."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable

import msgspec

from providers.core.errors import UsageError
from providers.kube.selectors import Selector

SUBJECT_LIMIT = 2048
"""Characters of a row or line that a filter looks at, so that no expression can hold the screen for long."""
PATTERN_LIMIT = 200
# A repeat of a group that itself repeats takes exponential time on lines that almost match.
_CATASTROPHIC = re.compile(r"\([^()]*[+*][^()]*\)\s*[+*{]")


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


def _regex(pattern: str) -> Callable[[str], bool]:
    if len(pattern) > PATTERN_LIMIT:
        raise UsageError(f"a regular expression of more than {PATTERN_LIMIT} characters")
    if _CATASTROPHIC.search(pattern):
        raise UsageError("this regular expression repeats a repeat, which can take for ever")
    try:
        compiled = re.compile(pattern, re.IGNORECASE)
    except re.error as error:
        raise UsageError(f"not a regular expression: {error}") from None
    return lambda text: compiled.search(text) is not None


def _with(word: str) -> Callable[[str], bool]:
    return lambda text: word in text.lower()


def _without(word: str) -> Callable[[str], bool]:
    return lambda text: word not in text.lower()
