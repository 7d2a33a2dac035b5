"""Regular expressions of operators over log lines: linear in the line whatever the expression, and off the lock.

RE2, as in stern and k9s: no lookaround, no back-references, and so no expression that takes for ever.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from functools import cached_property
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Final

from providers.core.deferred import Deferred
from providers.core.errors import UsageError

if TYPE_CHECKING:
    import re2
else:
    re2 = Deferred("re2")

LONGEST: Final = 1000
"""Characters of an expression."""
_SIGNS: Final = frozenset("\\^$.|?*+()[]{}")
_PLACES: Final = frozenset("\\^$")
"""Signs that an expression needs to tell where in the line it is."""
_SAMPLE: Final = 32
_MEMORY: Final = 8 << 20
"""Bytes one compiled expression may take, its caches included."""


class Pattern:
    """One expression. Raises UsageError, with the reason, for what is none."""

    def __init__(self, text: str) -> None:
        if len(text) > LONGEST:
            raise UsageError(f"a regular expression of more than {LONGEST} characters")
        self.text = text
        self._coded = text.encode("utf-8", "surrogateescape")
        try:
            self._one = re2.compile(self._coded, _options())
        except re2.error as error:
            raise _wrong(text, error) from None

    @cached_property
    def _many(self) -> Any:
        # For lines joined by newlines: anchors mean each line's ends, and no match runs over into the next.
        return re2.compile(b"(?m)" + self._coded, _options())

    @property
    def anywhere(self) -> bool:
        """Whether what it finds in a line it also finds in a longer one that ends with that line."""
        return not _PLACES.intersection(self.text)

    def found_in(self, line: bytes) -> bool:
        """Whether the line has a match. Needs no lock while it looks."""
        return self._one.search(line) is not None

    def indices(self, lines: Sequence[bytes]) -> list[int]:
        """Which of these lines match, by position."""
        sample = lines[:_SAMPLE]
        if sum(map(self.found_in, sample)) * 2 <= len(sample):
            return self._sparse(lines)
        if not _SIGNS.intersection(self.text):
            literal = self._coded
            return [index for index, line in enumerate(lines) if literal in line]
        return [index for index, line in enumerate(lines) if self.found_in(line)]

    def _sparse(self, lines: Sequence[bytes]) -> list[int]:
        """In one pass over all: far faster than one by one, as long as few match."""
        ends = list(accumulate(len(line) + 1 for line in lines))
        block = b"\n".join(lines)
        hits: list[int] = []
        at, size, search = 0, len(block), self._many.search
        while at <= size and (match := search(block, at)) is not None:
            hit = bisect_right(ends, match.start())
            if hit >= len(lines):
                break
            hits.append(hit)
            at = ends[hit]
        return hits


def _options() -> Any:
    options = re2.Options()
    options.never_nl = True
    options.never_capture = True
    options.log_errors = False
    options.max_mem = _MEMORY
    return options


def _wrong(text: str, error: Exception) -> UsageError:
    why = error.args[0] if error.args else ""
    said = why.decode("utf-8", "replace") if isinstance(why, bytes) else str(why)
    fix = "lookaround and back-references are not offered" if "(?" in text else "write \\ before a sign meant as itself"
    return UsageError(f"not a regular expression: {said}", fix=fix)
