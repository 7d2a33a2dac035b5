"""What was asked of the API server, bounded; tests count with it what really went over the wire."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime

CAPACITY = 5000


@dataclass(frozen=True, slots=True)
class Entry:
    """One answered request; status 0 when the connection was cut instead."""

    at: datetime
    user: str
    method: str
    path: str
    status: int


@dataclass
class RequestLog:
    """The last requests, and how many there were in all."""

    entries: deque[Entry] = field(default_factory=lambda: deque(maxlen=CAPACITY))
    total: int = 0

    def add(self, entry: Entry) -> None:
        self.entries.append(entry)
        self.total += 1

    def count(self, method: str, part: str = "") -> int:
        """How many kept requests have this method and `part` in their path."""
        return sum(1 for entry in self.entries if entry.method == method and part in entry.path)
