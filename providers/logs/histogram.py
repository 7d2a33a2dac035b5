"""How many lines, and how many errors, were written when."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

import msgspec

from providers.logs.line import Line

_SECOND = 19
"""Bytes of a stamp up to its second: 2026-01-31T09:30:59."""
SECONDS = 86_400
"""Seconds of history kept: the oldest go first."""


class Bar(msgspec.Struct, frozen=True):
    """One span of time: `at` its beginning (UTC)."""

    at: datetime
    lines: int
    errors: int


class Histogram:
    """Counts by second; drawn in as many bars as there is room for."""

    def __init__(self) -> None:
        self._lines: Counter[bytes] = Counter()
        self._errors: Counter[bytes] = Counter()

    def add(self, lines: Sequence[Line], errors: Iterable[int]) -> None:
        """Count lines, and those of them (by position) that are errors."""
        self._lines.update(line.stamp[:_SECOND] for line in lines)
        self._errors.update(lines[index].stamp[:_SECOND] for index in errors)
        if len(self._lines) > SECONDS:
            for second in sorted(self._lines)[: len(self._lines) - SECONDS]:
                del self._lines[second]
                self._errors.pop(second, None)

    def bars(self, most: int) -> tuple[Bar, ...]:
        """At most `most` bars of equal length, from the first second to the last; empty when nothing was counted."""
        seconds = {moment: key for key in self._lines if (moment := _moment(key)) is not None}
        if not seconds or most < 1:
            return ()
        start, end = min(seconds), max(seconds)
        width = max(1, -(-(int(end - start) + 1) // most))
        lines, errors = Counter[int](), Counter[int]()
        for moment, key in seconds.items():
            bar = int(moment - start) // width
            lines[bar] += self._lines[key]
            errors[bar] += self._errors[key]
        return tuple(
            Bar(datetime.fromtimestamp(start + bar * width, UTC), lines[bar], errors[bar])
            for bar in range(int(end - start) // width + 1)
        )


def _moment(second: bytes) -> float | None:
    try:
        return datetime.fromisoformat(second.decode()).replace(tzinfo=UTC).timestamp()
    except ValueError:
        return None
