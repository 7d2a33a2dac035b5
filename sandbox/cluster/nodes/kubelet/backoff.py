"""The back-off of restarts and image pulls: none at first, then 10 s doubling to 300 s."""

from __future__ import annotations

FIRST = 10.0
LONGEST = 300.0


class BackOff:
    """Seconds of the cluster's time to wait before each try. Starts afresh after ten good minutes."""

    def __init__(self, first: float = 0.0) -> None:
        self._next = first

    def next(self) -> float:
        """How long to wait now."""
        wait = self._next
        self._next = min(LONGEST, wait * 2) if wait else FIRST
        return wait

    def forgive(self, lasted: float) -> None:
        """A run that lasted twice the longest wait clears the past."""
        if lasted > 2 * LONGEST:
            self._next = 0.0


def spelled(seconds: float) -> str:
    """As Go spells a duration: 10s, 1m20s, 5m0s."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}m{rest}s" if minutes else f"{rest}s"
