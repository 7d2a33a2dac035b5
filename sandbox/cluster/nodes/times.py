"""Times as Kubernetes writes them."""

from __future__ import annotations

import time
from datetime import UTC, datetime

NANOS = 1_000_000_000


def now() -> datetime:
    """The current time in UTC."""
    return datetime.now(UTC)


def stamp(at: datetime | None = None) -> str:
    """`metav1.Time`: RFC 3339 with whole seconds."""
    return (at or now()).strftime("%Y-%m-%dT%H:%M:%SZ")


def micro_stamp(at: datetime | None = None) -> str:
    """`metav1.MicroTime`, which the newer kind of event uses."""
    return (at or now()).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def parse(text: str) -> datetime:
    """Read either form."""
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def nanos_of(at: datetime) -> int:
    """Nanoseconds since the epoch."""
    return int(at.timestamp()) * NANOS + at.microsecond * 1000


def nanos_now() -> int:
    """Nanoseconds since the epoch, now."""
    return time.time_ns()
