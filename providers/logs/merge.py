"""Lines of several logs, put into the order in which they were written."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Sequence
from itertools import islice
from typing import Final

from providers.logs.line import Line, order_of

QUIET: Final = 0.25
"""Seconds without a line after which nobody waits for a log any more."""
FIRST: Final = 1.0
"""Seconds a newly opened log is waited for, so that the beginnings of all come out in order."""


class _Source:
    """One log: what waits, when it was opened, when it spoke last, and how far it has come."""

    def __init__(self, now: float) -> None:
        self.waiting: deque[Line] = deque()
        self.opened = now
        self.spoke: float | None = None
        self.newest = b""

    def holds_up(self, now: float) -> bool:
        """Whether older lines than it has given so far may still come from it."""
        return now - self.opened < FIRST if self.spoke is None else now - self.spoke < QUIET


class Merge:
    """`put` as lines come, `take` a few times a second. Times are monotonic seconds.

    At most `limit` lines wait: then the oldest are dropped and counted. `late` counts lines that came after younger
    ones had been given out already.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.dropped = 0
        self.late = 0
        self.waiting = 0
        self._sources: dict[Hashable, _Source] = {}
        self._given = b""

    def open(self, source: Hashable, now: float) -> None:
        """A log will speak."""
        self._sources.setdefault(source, _Source(now))

    def close(self, source: Hashable) -> None:
        """A log will not speak again; what it said stays."""
        if (found := self._sources.get(source)) is not None:
            found.spoke = float("-inf")

    def put(self, source: Hashable, lines: Sequence[Line], now: float) -> None:
        """Take lines of one log, in its own order."""
        if not lines:
            return
        found = self._sources.setdefault(source, _Source(now))
        found.waiting.extend(lines)
        found.spoke = now
        found.newest = max(found.newest, order_of(lines[-1].stamp))
        self.waiting += len(lines)
        if self.waiting > self.limit:
            self._drop(self.waiting - self.limit)

    def take(self, now: float) -> list[Line]:
        """All that is certain to be in order, oldest first."""
        speaking = [source for source in self._sources.values() if source.holds_up(now)]
        if self.waiting >= self.limit or not speaking:
            lines = self._all()
        else:
            lines = self._until(min(source.newest for source in speaking))
        self._forget()
        if lines:
            self.late += _late(lines, self._given)
            self._given = max(self._given, order_of(lines[-1].stamp))
        return lines

    def _all(self) -> list[Line]:
        found = [source.waiting for source in self._sources.values() if source.waiting]
        lines = [line for waiting in found for line in waiting]
        for waiting in found:
            waiting.clear()
        self.waiting = 0
        return _sorted(lines) if len(found) > 1 else lines

    def _until(self, mark: bytes) -> list[Line]:
        lines: list[Line] = []
        givers = 0
        for source in self._sources.values():
            ready = len(source.waiting) if source.newest <= mark else _ready(source.waiting, mark)
            lines += islice(source.waiting, ready)
            for _ in range(ready):
                source.waiting.popleft()
            givers += ready > 0
        self.waiting -= len(lines)
        return _sorted(lines) if givers > 1 else lines

    def _drop(self, count: int) -> None:
        """The fullest log gives way: a flood must not wash away what the others say."""
        fullest = max(self._sources.values(), key=lambda source: len(source.waiting))
        gone = min(count, len(fullest.waiting))
        for _ in range(gone):
            fullest.waiting.popleft()
        self.dropped += gone
        self.waiting -= gone
        if gone < count:
            self._drop(count - gone)

    def _forget(self) -> None:
        over = [key for key, s in self._sources.items() if s.spoke == float("-inf") and not s.waiting]
        for key in over:
            del self._sources[key]


def _ready(waiting: deque[Line], mark: bytes) -> int:
    return next((i for i, line in enumerate(waiting) if order_of(line.stamp) > mark), len(waiting))


def _late(lines: Sequence[Line], given: bytes) -> int:
    """How many are older than what was given out: they are in order, so the first that is not ends the counting."""
    return next((i for i, line in enumerate(lines) if order_of(line.stamp) >= given), len(lines))


def _sorted(lines: list[Line]) -> list[Line]:
    return sorted(lines, key=lambda line: order_of(line.stamp))
