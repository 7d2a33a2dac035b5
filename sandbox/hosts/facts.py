"""What a machine can be asked, as values. Sizes are in KiB, moments in epoch seconds of the machine's clock."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

HOUR = 3600.0
USER, UID = "oncall", 1001
API_SERVER = "10.20.11.203"


@dataclass(frozen=True, slots=True)
class Disk:
    """One mounted file system. `inodes` is 0 where the kind has none."""

    source: str
    kind: str
    mount: str
    size: int
    used: int
    inodes: int
    inodes_used: int

    @property
    def free(self) -> int:
        return self.size - self.used

    @property
    def inodes_free(self) -> int:
        return self.inodes - self.inodes_used


@dataclass(frozen=True, slots=True)
class Clock:
    """How far from the time server, in seconds; positive when the machine is fast."""

    offset: float
    last: float
    rms: float
    drift_ppm: float
    updated: float


@dataclass(frozen=True, slots=True)
class Conntrack:
    """Connections the kernel tracks, and how many it can."""

    count: int
    maximum: int


@dataclass(frozen=True, slots=True)
class Line:
    """One entry of the journal. `priority` is that of syslog: 3 error, 4 warning, 5 notice, 6 informational."""

    at: float
    source: str
    pid: int
    priority: int
    text: str


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A container of this machine that the kubelet probes at `url`."""

    namespace: str
    pod: str
    uid: str
    container: str
    url: str


@dataclass(frozen=True, slots=True)
class Scraper:
    """A pod that asks the kubelet for metrics every `period` seconds."""

    agent: str
    path: str
    period: float
    ip: str

    def moments(self, start: float, length: float) -> Iterator[float]:
        """When it asks within [start, start + length)."""
        at = -(-start // self.period) * self.period
        while at < start + length:
            yield at
            at += self.period


@dataclass(frozen=True, slots=True)
class OutOfMemory:
    """The kernel ended a process of a container at its memory limit."""

    at: float
    process: str
    pid: int
    limit: int
    pod_uid: str
    container_id: str


@dataclass(frozen=True, slots=True)
class Filled:
    """Since `at` the root file system is `share` full (0 to 1)."""

    at: float
    share: float


@dataclass(frozen=True, slots=True)
class Condition:
    """What is wrong with a machine. A fault replaces it; everything the machine reports follows from it."""

    filled: Filled | None = None
    kills: tuple[OutOfMemory, ...] = ()
    skew: float = 0.0
    """Seconds that its clock is fast."""


WELL = Condition()
