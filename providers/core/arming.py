"""Armed or read-only: one switch an environment, that falls back by itself."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import msgspec

from providers.core.clock import SYSTEM_CLOCK, Clock

SUSPEND_GAP: Final = 30.0
"""Seconds without a look at the switch, or of drift between the two clocks, that mean the machine slept."""


class Arming(msgspec.Struct, frozen=True):
    """Changes are possible until `until_monotonic` (seconds); `until_wall` (UTC) is only shown."""

    until_monotonic: float
    until_wall: datetime
    by: str
    reason: str = ""


class ArmSwitch:
    """Holds the arming of one environment; `lapse` says why it no longer counts.

    Reading is pure, so any thread may show the countdown; `arm`, `disarm` and `tick` belong to one thread.
    """

    def __init__(self, seconds: float, idle: float, clock: Clock = SYSTEM_CLOCK, gap: float = SUSPEND_GAP) -> None:
        self._seconds = seconds
        self._idle = idle
        self._clock = clock
        self._gap = gap
        self._arming: Arming | None = None
        self._touched = self._ticked = self._offset = 0.0

    @property
    def arming(self) -> Arming | None:
        """The arming while it counts."""
        return self._arming if self._arming is not None and not self.lapse() else None

    @property
    def thrown(self) -> bool:
        """Whether it was armed and not disarmed since, lapsed or not."""
        return self._arming is not None

    def arm(self, by: str, reason: str) -> Arming:
        """Arm anew, whatever was before."""
        now = self._clock.monotonic()
        until = self._clock.now() + timedelta(seconds=self._seconds)
        self._touched = self._ticked = now
        self._offset = self._drift()
        self._arming = Arming(now + self._seconds, until, by, reason)
        return self._arming

    def disarm(self) -> None:
        self._arming = None

    def touch(self) -> None:
        """Somebody is there. Does not bring back what has lapsed."""
        if self.arming is not None:
            self._touched = self._clock.monotonic()

    def tick(self) -> str:
        """Look at the switch, as has to be done about once a second; says why it lapsed."""
        why = self.lapse()
        self._ticked = self._clock.monotonic()
        return why

    def lapse(self) -> str:
        """Why an arming no longer counts; "" while it does or when there is none."""
        if self._arming is None:
            return ""
        now = self._clock.monotonic()
        if now >= self._arming.until_monotonic:
            return f"armed for {self._seconds / 60:g} min, which are over"
        if now - self._touched >= self._idle:
            return f"no key for {self._idle / 60:g} min"
        if now - self._ticked > self._gap:
            return f"the console stood still for {now - self._ticked:.0f} s"
        # A suspended machine stops the monotonic clock, not the other. A clock that was set looks the same: look again.
        if abs(self._drift() - self._offset) > self._gap:
            return "the machine slept, or its clock was set"
        return ""

    def remaining(self) -> float | None:
        """Seconds until it disarms by time; None when read-only."""
        arming = self.arming
        return None if arming is None else max(0.0, arming.until_monotonic - self._clock.monotonic())

    def _drift(self) -> float:
        return self._clock.now().timestamp() - self._clock.monotonic()
