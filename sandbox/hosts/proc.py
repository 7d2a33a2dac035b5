"""The files of /proc that tell of the whole machine; containers see the same ones."""

from __future__ import annotations

from sandbox.hosts.facts import Load, Memory

_VMALLOC = 34_359_738_367


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
