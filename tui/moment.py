"""What time it is, for everything that is drawn; a picture holds it still."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from providers.core.clock import SYSTEM_CLOCK, Clock
from tui.format import span

_clock: Clock = SYSTEM_CLOCK


def now() -> datetime:
    """Now, in UTC."""
    return _clock.now()


def monotonic() -> float:
    """Seconds on the clock that ages are told by."""
    return _clock.monotonic()


def age(moment: datetime | None) -> str:
    """How long ago, as kubectl prints it; a dash when never."""
    return span(None if moment is None else (now() - moment).total_seconds())


@contextmanager
def held(clock: Clock) -> Iterator[None]:
    """Draw by another clock."""
    global _clock
    before, _clock = _clock, clock
    try:
        yield
    finally:
        _clock = before
