"""What changed between two readings, and a bounded past of it."""

from __future__ import annotations

from collections import deque
from typing import Final

from providers.redis.values import Rates, Sample, Totals, Vitals

HISTORY: Final = 120
"""Points of the sparklines that are kept."""
GAP: Final = 20.0
"""Seconds between two readings from which they do not tell of now: nobody looked in between."""


class Trend:
    """Takes readings in order. A restart of the server, or a reset of its statistics, begins anew."""

    def __init__(self, most: int = HISTORY) -> None:
        self._last: tuple[str, float, Totals] | None = None
        self._samples: deque[Sample] = deque(maxlen=most)

    def take(self, vitals: Vitals, at: float) -> Rates | None:
        """The rates since the reading before; `at` in monotonic seconds. None when there is none to compare with."""
        before, run, now = self._last, vitals.server.run_id, vitals.totals
        self._last = (run, at, now)
        if before is None or before[0] != run or _went_back(before[2], now) or not 0 < at - before[1] <= GAP:
            return None
        rates = _between(before[2], now, at - before[1])
        self._samples.append(Sample(vitals.memory.used, rates.hit_ratio, rates.ops, rates.evictions))
        return rates

    @property
    def history(self) -> tuple[Sample, ...]:
        """Oldest first."""
        return tuple(self._samples)


def _went_back(before: Totals, now: Totals) -> bool:
    return now.commands < before.commands or now.hits < before.hits or now.misses < before.misses


def _between(before: Totals, now: Totals, seconds: float) -> Rates:
    hits, misses = now.hits - before.hits, now.misses - before.misses
    return Rates(
        seconds=seconds,
        reads=(hits + misses) / seconds,
        hit_ratio=hits / (hits + misses) if hits + misses else None,
        ops=(now.commands - before.commands) / seconds,
        evictions=max(0, now.evicted - before.evicted) / seconds,
        expirations=max(0, now.expired - before.expired) / seconds,
        rejections=max(0, now.rejected - before.rejected) / seconds,
        errors=max(0, now.errors - before.errors) / seconds,
    )
