"""Where one log was left, so that reading it again after a cut leaves nothing out and repeats nothing."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from providers.logs.line import Line, order_of

MARGIN: Final = 1
"""Seconds read again before the newest one: what two streams of a container wrote at once may come out of order."""
_SECOND: Final = 19


class Resume:
    """Remembers the lines of the last seconds as a bag: a server resumes by whole seconds and sends them again.

    Only while lines are being sent again are any left out: in a stream that was not cut, equal lines are all new.
    """

    def __init__(self) -> None:
        self.newest = b""
        self._oldest = b""
        self.repeats = 0
        self.gaps = 0
        """How often a log that was read on did not begin with what had been read last: a rotation in between."""
        self.torn = b""
        """The stamp of the line that came instead, the last time."""
        self._begins = b""
        self._expected: tuple[bytes, bytes] | None = None
        self._another = False
        self._recent: deque[Sequence[Line]] = deque()
        self._again: Counter[tuple[bytes, bytes]] = Counter()

    @property
    def since(self) -> str:
        """From when to read again (RFC 3339, a whole second); "" when nothing was read."""
        return f"{self._horizon().decode()}Z" if self.newest else ""

    def reopened(self, begins: bytes = b"") -> None:
        """A new request was made from `since` on.

        `begins`: the stamp of the first line of a new file; the one before was read to its end for sure.
        """
        self._begins = begins
        horizon = self._horizon() if self.newest else b""
        held = (line for lines in self._recent for line in lines if line.stamp[:_SECOND] >= horizon)
        self._again = Counter((line.stamp, line.text) for line in held)
        self._expected = None if self._another else max(self._again, key=lambda key: order_of(key[0]), default=None)
        self._another = False

    def of_another(self) -> None:
        """What is read next is another container's: nothing of the last one will be sent again."""
        self._another = True

    def fresh(self, lines: Sequence[Line]) -> Sequence[Line]:
        """Those that were not read before; takes note of them."""
        if self._expected is not None:
            self._expect(lines)
        if self._oldest and lines and order_of(lines[0].stamp) < self._oldest:
            # Before the first line ever read: whoever began there did not want more.
            lines = [line for line in lines if order_of(line.stamp) >= self._oldest]
        if self._again:
            lines = [line for line in lines if not self._seen(line)]
        if lines:
            self._note(lines)
        return lines

    def _expect(self, lines: Sequence[Line]) -> None:
        """What was read last has to come again before anything younger."""
        assert self._expected is not None
        for line in lines:
            younger = order_of(line.stamp) > order_of(self._expected[0])
            if younger or (line.stamp, line.text) == self._expected:
                if younger and line.stamp != self._begins:
                    self.gaps, self.torn = self.gaps + 1, line.stamp
                self._expected = None
                return

    def _seen(self, line: Line) -> bool:
        key = (line.stamp, line.text)
        if not self._again.get(key):
            return False
        self._again[key] -= 1
        if not self._again[key]:
            del self._again[key]
        self.repeats += 1
        return True

    def _note(self, lines: Sequence[Line]) -> None:
        self._recent.append(lines)
        newest = max(lines[0].stamp, lines[-1].stamp, key=order_of)
        self._oldest = self._oldest or order_of(lines[0].stamp)
        if order_of(newest) > order_of(self.newest):
            self.newest = newest
        horizon = self._horizon()
        while len(self._recent) > 1 and self._recent[0][-1].stamp[:_SECOND] < horizon:
            self._recent.popleft()

    def _horizon(self) -> bytes:
        try:
            second = datetime.fromisoformat(self.newest[:_SECOND].decode())
        except ValueError:
            return b""
        return (second - timedelta(seconds=MARGIN)).isoformat().encode()
