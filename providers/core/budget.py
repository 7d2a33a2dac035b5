"""How many changes may be made in how long: a slip of the hand, or a loop, must not become a hundred changes."""

from __future__ import annotations

from collections import deque

from providers.core.clock import SYSTEM_CLOCK, Clock


class Budget:
    """At most `most` changes within any `seconds` (monotonic)."""

    def __init__(self, most: int, seconds: float, clock: Clock = SYSTEM_CLOCK) -> None:
        self.most = most
        self.seconds = seconds
        self._clock = clock
        self._taken: deque[float] = deque()

    @property
    def left(self) -> int:
        """Changes that may be made now."""
        self._forget()
        return max(0, self.most - len(self._taken))

    def take(self) -> str:
        """Take one; "" when there was one, else when there will be, in words."""
        if self.left > 0:
            self._taken.append(self._clock.monotonic())
            return ""
        wait = self._taken[0] + self.seconds - self._clock.monotonic()
        return f"{self.most} changes were made in the last {self.seconds / 60:g} min; the next is free in {wait:.0f} s"

    def give_back(self) -> None:
        """Undo the newest `take`: nothing was sent."""
        if self._taken:
            self._taken.pop()

    def _forget(self) -> None:
        oldest = self._clock.monotonic() - self.seconds
        while self._taken and self._taken[0] <= oldest:
            self._taken.popleft()
