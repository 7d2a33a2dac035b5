"""Memory and load of a machine at a moment, and the files of /proc that tell of them; its containers see the same."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.cluster.nodes.machines import Machine
from sandbox.noise import Noise

_MINUTE, _HOUR = 60.0, 3600.0
_VMALLOC = 34_359_738_367


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


def memory_of(machine: Machine, noise: Noise, at: float) -> Memory:
    """A quiet machine of the estate: about a seventh of its memory cannot be reclaimed."""
    total = machine.memory_kib
    busy = int(total * (0.142 + 0.014 * noise.drift(f"memory/{machine.name}", at, 300)))
    cached = int(total * (0.31 + 0.02 * noise.drift(f"cache/{machine.name}", at, 2 * _HOUR)))
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


def meminfo(memory: Memory) -> str:
    """/proc/meminfo of kernel 6.1."""
    lines = [f"{name + ':':<16}{size:>8} kB\n" for name, size in _rows(memory)]
    # The kernel writes this name, too long for the column, with a narrower figure.
    lines.insert(-len(_HUGE_ROWS), "HardwareCorrupted:     0 kB\n")
    return "".join(lines) + _HUGE_PAGES


_HUGE_ROWS = ("AnonHugePages", "ShmemHugePages", "ShmemPmdMapped", "FileHugePages", "FilePmdMapped")
_HUGE_PAGES = (
    "HugePages_Total:       0\nHugePages_Free:        0\nHugePages_Rsvd:        0\nHugePages_Surp:        0\n"
    "Hugepagesize:       2048 kB\nHugetlb:               0 kB\n"
    "DirectMap4k:      174444 kB\nDirectMap2M:     6805504 kB\nDirectMap1G:    10485760 kB\n"
)


def _rows(memory: Memory) -> tuple[tuple[str, int], ...]:
    busy = memory.used - memory.unreclaimable
    anonymous, mapped = busy * 88 // 100, memory.cached // 6
    hot = memory.cached * 3 // 10
    return (
        ("MemTotal", memory.total), ("MemFree", memory.free), ("MemAvailable", memory.available),
        ("Buffers", memory.buffers), ("Cached", memory.cached), ("SwapCached", 0),
        ("Active", hot + memory.shared), ("Inactive", anonymous + memory.cached - hot),
        ("Active(anon)", memory.shared), ("Inactive(anon)", anonymous),
        ("Active(file)", hot), ("Inactive(file)", memory.cached - hot), ("Unevictable", 0), ("Mlocked", 0),
        ("SwapTotal", 0), ("SwapFree", 0), ("Zswap", 0), ("Zswapped", 0), ("Dirty", 412), ("Writeback", 0),
        ("AnonPages", anonymous), ("Mapped", mapped), ("Shmem", memory.shared),
        ("KReclaimable", memory.reclaimable), ("Slab", memory.reclaimable + memory.unreclaimable),
        ("SReclaimable", memory.reclaimable), ("SUnreclaim", memory.unreclaimable),
        ("KernelStack", 14_480), ("PageTables", 22_196), ("SecPageTables", 0), ("NFS_Unstable", 0), ("Bounce", 0),
        ("WritebackTmp", 0), ("CommitLimit", memory.total // 2), ("Committed_AS", anonymous * 2),
        ("VmallocTotal", _VMALLOC), ("VmallocUsed", 21_884), ("VmallocChunk", 0), ("Percpu", 9_472),
        *zip(_HUGE_ROWS, (anonymous // 3 // 2048 * 2048, 0, 0, 0, 0), strict=True),
    )  # fmt: skip


def loadavg(load: Load, last_pid: int) -> str:
    """/proc/loadavg."""
    averages = f"{load.one:.2f} {load.five:.2f} {load.fifteen:.2f}"
    return f"{averages} {load.running}/{load.threads} {last_pid}\n"
