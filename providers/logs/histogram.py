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
SPAN = 3600.0
"""Seconds that bars go back."""


class Bar(msgspec.Struct, frozen=True):
    """One span of time: from `at` to before `end` (UTC)."""

    at: datetime
    end: datetime
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

    def bars(self, most: int, span: float = SPAN) -> tuple[Bar, ...]:
        """At most `most` bars of equal length that end with the last second; empty when nothing was counted.

        They go back `span` seconds at most: one old line must not press all others into one bar.
        """
        seconds = {moment: key for key in self._lines if (moment := _moment(key)) is not None}
        if not seconds or most < 1:
            return ()
        end = max(seconds)
        start = min(moment for moment in seconds if moment > end - span)
        width = max(1, -(-(int(end - start) + 1) // most))
        lines, errors = Counter[int](), Counter[int]()
        for moment, key in seconds.items():
            if moment < start:
                continue
            bar = int(moment - start) // width
            lines[bar] += self._lines[key]
            errors[bar] += self._errors[key]
        return tuple(
            Bar(_at(start + bar * width), _at(min(start + (bar + 1) * width, end + 1)), lines[bar], errors[bar])
            for bar in range(int(end - start) // width + 1)
        )


def _at(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _moment(second: bytes) -> float | None:
    try:
        return datetime.fromisoformat(second.decode()).replace(tzinfo=UTC).timestamp()
    except ValueError:
        return None
