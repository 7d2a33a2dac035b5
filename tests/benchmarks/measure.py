"""What figures are made of: rounds, percentiles, the memory of a process, and a figure beside its peer and its bar."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

ROUNDS = 5


class Figure(NamedTuple):
    """What was measured, and what it is held against.

    `bar` is the most that `ours` may be, in the unit of `ours`; with `relative` the most that ours / peer may be.
    """

    what: str
    ours: float
    unit: str
    peer: str
    theirs: float
    bar: float
    relative: bool = False
    note: str = ""

    @property
    def ratio(self) -> float:
        return self.ours / self.theirs if self.theirs else float("inf")

    @property
    def met(self) -> bool:
        return (self.ratio if self.relative else self.ours) <= self.bar

    def __str__(self) -> str:
        bar = f"{self.bar:g} x" if self.relative else f"{self.bar:g} {self.unit}"
        said = (
            f"{self.what}: {_number(self.ours)} {self.unit} · {self.peer} {_number(self.theirs)} {self.unit} · "
            f"{self.ratio:.2f} x · bar {bar} · {'met' if self.met else 'NOT MET'}"
        )
        return f"{said} · {self.note}" if self.note else said


def _number(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def interleaved(works: Sequence[Callable[[], float]], rounds: int = ROUNDS) -> list[list[float]]:
    """What each of `works` gives, round by round and each once a round: other work on the machine meets all alike."""
    found: list[list[float]] = [[] for _ in works]
    for _ in range(rounds):
        for work, values in zip(works, found, strict=True):
            values.append(work())
    return found


def best(works: Sequence[Callable[[], float]], rounds: int = ROUNDS) -> list[float]:
    """The least of some rounds: what the machine's other work did not disturb."""
    return [min(values) for values in interleaved(works, rounds)]


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` (0 to 1) of all do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -(-int(share * 1e6) * len(ordered) // 1_000_000) - 1))]


def rss(pid: int) -> float:
    """Megabytes (10^6 bytes) of memory that a process has in use now."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) * 1024 / 1e6


def ends(values: Sequence[float]) -> tuple[float, float]:
    """The medians of the first and of the last third."""
    third = max(1, len(values) // 3)
    return statistics.median(values[:third]), statistics.median(values[-third:])
