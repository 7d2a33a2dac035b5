"""Which lines of a ring match an expression, found out in slices so that nobody waits for it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence

from providers.logs.line import Line
from providers.logs.ring import Ring

SLICE = 5000
"""Lines judged at a time."""
Judge = Callable[[Sequence[Line]], Sequence[int]]


class Sieve:
    """`numbers` are the matching lines judged so far, in order; everything below `judged` has been looked at.

    `task` and `take` split one slice of work: the first says what to look at, on the thread that owns the ring; the
    second takes over what was found there. In between, the judging may run on any thread.
    """

    def __init__(self, ring: Ring, judge: Judge) -> None:
        self._ring = ring
        self.judge = judge
        self.numbers: list[int] = []
        self.judged = ring.first

    @property
    def behind(self) -> int:
        """How many lines of the ring have not been judged yet."""
        return self._ring.end - max(self.judged, self._ring.first)

    def task(self) -> tuple[int, list[Line]]:
        """The next slice: (its first number, its lines); no lines when there is nothing to do."""
        start = max(self.judged, self._ring.first)
        return start, self._ring.lines(start, start + SLICE)

    def take(self, start: int, count: int, found: Sequence[int]) -> None:
        """Take over what was found in a slice of `count` lines."""
        self.judged = start + count
        self.numbers.extend(start + index for index in found)
        self.forget()

    def step(self) -> bool:
        """One slice here and now; False when there was nothing to do."""
        start, lines = self.task()
        if lines:
            self.take(start, len(lines), self.judge(lines))
        return bool(lines)

    def forget(self) -> None:
        """Let go of what fell out of the ring."""
        gone = bisect_left(self.numbers, self._ring.first)
        if gone:
            del self.numbers[:gone]

    def after(self, number: int) -> int | None:
        """The next match behind a line."""
        index = bisect_left(self.numbers, number + 1)
        return self.numbers[index] if index < len(self.numbers) else None

    def before(self, number: int) -> int | None:
        """The last match before a line."""
        index = bisect_left(self.numbers, max(number, self._ring.first))
        found = self.numbers[index - 1] if index else -1
        return found if found >= self._ring.first else None
