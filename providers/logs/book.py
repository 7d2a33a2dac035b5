"""What a reader of a log looks at: the lines kept, those shown, the errors among them, and when they were written."""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Sequence

from providers.logs.histogram import Histogram
from providers.logs.line import Line
from providers.logs.pattern import Pattern
from providers.logs.ring import Ring
from providers.logs.shape import ERRORS
from providers.logs.sieve import Judge, Sieve


class Book:
    """Lines are put in at once and understood in slices: call `work` until it says that nothing is left."""

    def __init__(self, capacity: int, errors: str = ERRORS) -> None:
        self.ring = Ring(capacity)
        self.marks: set[int] = set()
        self.histogram = Histogram()
        self._error = Pattern(errors)
        self._errors = Sieve(self.ring, self._are_errors)
        self._shown: Sieve | None = None

    def put(self, lines: Sequence[Line]) -> None:
        """The newest lines; the oldest fall out."""
        self.ring.extend(lines)
        if self.marks and min(self.marks) < self.ring.first:
            self.marks = {mark for mark in self.marks if mark >= self.ring.first}

    def narrow(self, judge: Judge | None) -> None:
        """Show only lines that `judge` chooses; None: all."""
        self._shown = None if judge is None else Sieve(self.ring, judge)

    @property
    def narrowed(self) -> bool:
        return self._shown is not None

    @property
    def behind(self) -> int:
        """How many lines are kept but not looked at yet."""
        sieves = [self._errors] if self._shown is None else [self._errors, self._shown]
        return max(sieve.behind for sieve in sieves)

    def work(self, budget: float) -> bool:
        """Look at lines for about `budget` seconds; whether more are left. What is shown comes first."""
        end = time.perf_counter() + budget
        while self._step():
            if time.perf_counter() >= end:
                return True
        return False

    def _step(self) -> bool:
        if self._shown is not None and self._shown.step():
            return True
        start, lines = self._errors.task()
        if not lines:
            return False
        found = self._errors.judge(lines)
        self._errors.take(start, len(lines), found)
        self.histogram.add(lines, found)
        return True

    def _are_errors(self, lines: Sequence[Line]) -> Sequence[int]:
        return self._error.indices([line.text for line in lines])

    @property
    def numbers(self) -> Sequence[int]:
        """The numbers of the lines shown, in order."""
        if self._shown is None:
            return range(self.ring.first, self.ring.end)
        self._shown.forget()
        return self._shown.numbers

    def place(self, number: int) -> int:
        """Where in `numbers` a line is, or would be."""
        numbers = self.numbers
        return max(0, number - numbers.start) if isinstance(numbers, range) else bisect_left(numbers, number)

    def error_from(self, number: int, direction: int) -> int | None:
        """The next (1) or previous (-1) error that is shown, seen from a line."""
        step = self._errors.after if direction > 0 else self._errors.before
        found = step(number)
        while found is not None and not self._is_shown(found):
            found = step(found)
        return found

    def _is_shown(self, number: int) -> bool:
        place = self.place(number)
        return place < len(self.numbers) and self.numbers[place] == number

    def mark_from(self, number: int, direction: int) -> int | None:
        """The next or previous marked line."""
        marks = sorted(self.marks)
        ahead = [m for m in marks if m > number] if direction > 0 else [m for m in reversed(marks) if m < number]
        return ahead[0] if ahead else None

    def clear(self) -> None:
        """Begin anew, as for another read."""
        self.ring.clear()
        self.marks.clear()
        self.histogram = Histogram()
        self._errors = Sieve(self.ring, self._are_errors)
        if self._shown is not None:
            self._shown = Sieve(self.ring, self._shown.judge)
