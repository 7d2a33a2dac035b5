"""The log of one run of one container: bounded, followed without polling, its times strictly rising."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime
from itertools import islice

from sandbox.cluster.nodes.times import NANOS, nanos_now, nanos_of
from sandbox.cluster.seams import LogLine, LogQuery

LINES = 20_000
BYTES = 8 * 2**20
# A follower hands the loop back after so many lines, however fast the container writes.
_BREATH = 256


class LineClock:
    """Nanoseconds that never stand still; shared by all runs of a container."""

    def __init__(self) -> None:
        self._last = 0

    def tick(self, at: int | None = None) -> int:
        """The time of the next line: `at` or now, but always after the one before."""
        self._last = max(self._last + 1, at if at is not None else nanos_now())
        return self._last


class LogRing:
    """The newest lines; `dropped` counts those that had to make room."""

    def __init__(self, clock: LineClock, lines: int = LINES, size: int = BYTES) -> None:
        self._clock = clock
        self._lines: deque[LogLine] = deque()
        self._room = (lines, size)
        self._size = 0
        self._wake = asyncio.Event()
        self._file = 0
        self._left: list[int] = []
        self.first = 0
        self.closed = False

    @property
    def dropped(self) -> int:
        """How many lines are gone."""
        return self.first

    @property
    def end(self) -> int:
        """The number of the next line."""
        return self.first + len(self._lines)

    def write(self, text: bytes, *, stream: str = "stdout", at: int | None = None) -> None:
        """Append one line. `at` is in nanoseconds since the epoch."""
        self._append(text, stream, at)
        self._notify()

    def write_many(self, texts: Iterable[bytes], *, stream: str = "stdout") -> None:
        """Append many lines with one wake-up."""
        for text in texts:
            self._append(text, stream, None)
        self._notify()

    def _append(self, text: bytes, stream: str, at: int | None) -> None:
        nanos = self._clock.tick(at)
        seconds, fraction = divmod(nanos, NANOS)
        when = datetime.fromtimestamp(seconds, UTC).replace(microsecond=fraction // 1000)
        self._lines.append(LogLine(when, fraction, text, stream))
        self._size += len(text)
        while len(self._lines) > self._room[0] or self._size > self._room[1]:
            self._size -= len(self._lines.popleft().text)
            self.first += 1

    def _notify(self) -> None:
        self._wake.set()
        self._wake = asyncio.Event()

    def close(self) -> None:
        """The container ended: followers read what is left and stop."""
        self.closed = True
        self._notify()

    def rotate(self, *, followed: bool) -> None:
        """Begin a new file: who reads the log from now on gets nothing older.

        Not `followed`: those who follow the old file get nothing younger (Kubernetes 1.20).
        """
        self._file = self.end
        if not followed:
            self._left.append(self.end)

    def tail(self, count: int) -> list[bytes]:
        """The newest `count` lines."""
        return [line.text for line in list(self._lines)[-count:]] if count else []

    def _start(self, query: LogQuery) -> int:
        start = max(self.first, self._file)
        if query.since is not None:
            floor = nanos_of(query.since)
            younger = (i for i, line in enumerate(self._lines) if _nanos(line) >= floor)
            start = max(start, self.first + next(younger, len(self._lines)))
        if query.tail is not None:
            start = max(start, self.end - query.tail)
        return start

    async def read(self, query: LogQuery) -> AsyncIterator[LogLine]:
        """Yield what the query asks for; lines that left the ring before they were read are skipped."""
        position, file = self._start(query), self._file
        while True:
            wake = self._wake
            chunk, position = self._chunk(position, self._stop(file))
            for line in chunk:
                yield line
            if position < self._stop(file):
                await asyncio.sleep(0)
            elif not query.follow or self.closed:
                return
            else:
                await wake.wait()

    def _stop(self, file: int) -> int:
        """Up to where those read who began with that file."""
        return next((left for left in self._left if left > file), self.end)

    def _chunk(self, position: int, stop: int) -> tuple[list[LogLine], int]:
        begin = max(position, self.first) - self.first
        until = max(begin, min(begin + _BREATH, stop - self.first))
        return list(islice(self._lines, begin, until)), self.first + until


def _nanos(line: LogLine) -> int:
    return int(line.at.timestamp()) * NANOS + line.nanos
