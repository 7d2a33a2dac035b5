"""What the probe writes down, and what can be read from it."""

from __future__ import annotations

from pathlib import Path

import msgspec

TICK = 0.01
"""Seconds between two ticks on a loop."""
Row = tuple[str, str, int]
"""Name, version and restarts of a pod."""


class Report(msgspec.Struct):
    """By thread name: (when, seconds late) of each tick. By table title: when it was painted, what its feed had at the
    end, and what stood in its rows."""

    ticks: dict[str, list[tuple[float, float]]]
    paints: dict[str, list[float]]
    known: dict[str, list[Row]]
    shown: dict[str, list[Row]]

    @classmethod
    def read(cls, path: Path) -> Report:
        return msgspec.json.decode(path.read_bytes(), type=cls)

    def write(self, path: Path) -> None:
        path.write_bytes(msgspec.json.encode(self))

    def stalls(self, thread: str, start: float, end: float) -> list[float]:
        """Milliseconds that whoever came at any of evenly spaced moments would have waited for the loop."""
        waits: list[float] = []
        for at, late in self.ticks.get(thread, ()):
            if start <= at - late and at <= end:
                # A tick that came late stands for those that it kept from coming.
                waits += [1000 * (late - TICK * missed) for missed in range(1 + int(late / TICK))]
        return waits

    def rate(self, title: str, start: float, end: float) -> float:
        """Paintings of a table in a second, on average."""
        times = [at for at in self.paints.get(title, ()) if start <= at <= end]
        return (len(times) - 1) / (times[-1] - times[0]) if len(times) > 1 else 0.0
