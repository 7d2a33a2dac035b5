"""Capped, jittered exponential back-off."""

from __future__ import annotations

import random

import msgspec


class Backoff(msgspec.Struct, frozen=True):
    """Waits in seconds: `first`, doubled each time up to `cap`, each stretched by up to `jitter` of itself.

    A stream that lived `healthy_after` seconds starts again at `first`
    (client-go's reflector: 0.8 s → 30 s, reset after 2 min).
    """

    first: float = 0.8
    cap: float = 30.0
    jitter: float = 1.0
    healthy_after: float = 120.0

    def delay(self, attempt: int) -> float:
        """Seconds to wait before try number `attempt` (0 is the first retry)."""
        base = min(self.cap, self.first * 2.0 ** min(attempt, 16))
        return base * (1.0 + random.random() * self.jitter)  # noqa: S311 - spreads load, guards nothing
