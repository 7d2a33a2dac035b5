"""What a machine can be asked, as values. Sizes are in KiB, moments in epoch seconds of the machine's clock."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sandbox.cluster.nodes.machines import Machine
from sandbox.noise import Noise

HOUR = 3600.0
API_SERVER = "10.20.11.203"
BASTION_IP = "10.20.10.5"
_MINUTE = 60.0


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
class Memory:
    """As /proc/meminfo counts: `cached` without `buffers`, `reclaimable` and `unreclaimable` being the slab."""

    total: int
    free: int
    available: int
    buffers: int
    cached: int
    shared: int
    reclaimable: int
    unreclaimable: int

    @property
    def cache(self) -> int:
        """What `free` calls buff/cache."""
        return self.buffers + self.cached + self.reclaimable

    @property
    def used(self) -> int:
        """What `free` calls used."""
        return self.total - self.free - self.cache


@dataclass(frozen=True, slots=True)
class Load:
    """Averages over 1, 5 and 15 minutes; threads that run, and all there are."""

    one: float
    five: float
    fifteen: float
    running: int
    threads: int


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


def memory_of(machine: Machine, noise: Noise, at: float) -> Memory:
    """A quiet machine of the estate: about a seventh of its memory cannot be reclaimed."""
    total = machine.memory_kib
    busy = int(total * (0.142 + 0.014 * noise.drift(f"memory/{machine.name}", at, 300)))
    cached = int(total * (0.31 + 0.02 * noise.drift(f"cache/{machine.name}", at, 2 * HOUR)))
    buffers, reclaimable, unreclaimable = 2_108, total // 58, total // 92
    free = total - busy - cached - buffers - reclaimable - unreclaimable
    # The kernel holds back its watermarks, and half of a small cache.
    available = free + cached + reclaimable - total // 190
    return Memory(total, free, available, buffers, cached, 1_640, reclaimable, unreclaimable)


def load_of(machine: Machine, noise: Noise, at: float) -> Load:
    """Averages of one wandering figure, so that the longer ones lag behind the shorter."""
    minutes = [_busy(machine, noise, at - back * _MINUTE) for back in range(15)]
    running = 1 + int(2 * noise.unit(f"running/{machine.name}", int(at)))
    threads = 880 + int(90 * noise.drift(f"threads/{machine.name}", at, 900))
    return Load(minutes[0], sum(minutes[:5]) / 5, sum(minutes) / 15, running, threads)


def _busy(machine: Machine, noise: Noise, at: float) -> float:
    return machine.cpus * (0.06 + 0.1 * noise.drift(f"load/{machine.name}", at, 90))
