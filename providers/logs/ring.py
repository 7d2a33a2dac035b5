"""The newest lines of a log, each with a number of its own for as long as it is kept."""

from __future__ import annotations

from collections.abc import Sequence

from providers.logs.line import Line


class Ring:
    """Holds the newest `capacity` lines. Numbers count from 0 with the first ever put in; [first, end) are held."""

    def __init__(self, capacity: int) -> None:
        if capacity < 1:
            raise ValueError("a ring holds at least one line")
        self.capacity = capacity
        self.end = 0
        self._slots: list[Line | None] = [None] * capacity

    @property
    def first(self) -> int:
        """The number of the oldest line held; also how many fell out."""
        return max(0, self.end - self.capacity)

    def __len__(self) -> int:
        return self.end - self.first

    def __getitem__(self, number: int) -> Line:
        """Raises IndexError for a line that fell out or has not come yet."""
        line = self._slots[number % self.capacity] if self.first <= number < self.end else None
        if line is None:
            raise IndexError(number)
        return line

    def lines(self, start: int, stop: int) -> list[Line]:
        """Those of [start, stop) that are held."""
        start, stop = max(start, self.first), min(stop, self.end)
        if start >= stop:
            return []
        a, b = start % self.capacity, (stop - 1) % self.capacity + 1
        held = self._slots[a:b] if a < b else self._slots[a:] + self._slots[:b]
        return [line for line in held if line is not None]

    def extend(self, lines: Sequence[Line]) -> None:
        """Put lines in; the oldest fall out."""
        self.end += len(lines)
        newest = lines[-self.capacity :]
        at = (self.end - len(newest)) % self.capacity
        head = newest[: self.capacity - at]
        tail = newest[len(head) :]
        self._slots[at : at + len(head)] = head
        self._slots[: len(tail)] = tail

    def clear(self) -> None:
        """Forget every line; numbers begin anew."""
        self.end = 0
        self._slots = [None] * self.capacity
