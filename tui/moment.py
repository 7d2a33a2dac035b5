"""What time it is, for everything that is drawn; a picture holds it still."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from providers.core.clock import SYSTEM_CLOCK, Clock

_clock: Clock = SYSTEM_CLOCK


def now() -> datetime:
    """Now, in UTC."""
    return _clock.now()


def monotonic() -> float:
    """Seconds on the clock that ages are told by."""
    return _clock.monotonic()


@contextmanager
def held(clock: Clock) -> Iterator[None]:
    """Draw by another clock."""
    global _clock
    before, _clock = _clock, clock
    try:
        yield
    finally:
        _clock = before
