"""A machine as it answers at a moment: a pure function of its identity, its condition and the time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from sandbox.cluster.nodes.machines import STORAGE_KIB, STORED_KIB, Machine
from sandbox.cluster.nodes.vitals import Load, Memory, load_of, memory_of
from sandbox.hosts import kernel
from sandbox.hosts.facts import (
    HOUR,
    WELL,
    Clock,
    Condition,
    Conntrack,
    Disk,
    Line,
    Neighbour,
    OutOfMemory,
    Scraper,
)
from sandbox.hosts.journal import Journal
from sandbox.noise import Noise

ROOT = "/"
_TRACKED_PER_CPU = 32_768
"""kube-proxy's default, times the processors."""
_TMPFS_INODES = 1_048_576


@dataclass(frozen=True)
class Model:
    """`booted` is in epoch seconds. Every `at` is what the machine's own clock shows, in epoch seconds."""

    machine: Machine
    noise: Noise
    booted: float
    neighbours: tuple[Neighbour, ...] = ()
    scrapers: tuple[Scraper, ...] = ()
    condition: Condition = WELL

    def worse(self, condition: Condition) -> Model:
        """The same machine in that condition."""
        return replace(self, condition=condition)

    def now(self, true: float) -> float:
        """What its clock shows at a true moment."""
        return true + self.condition.skew

    def memory(self, at: float) -> Memory:
        """See `memory_of`."""
        return memory_of(self.machine, self.noise, at)

    def load(self, at: float) -> Load:
        """See `load_of`."""
        return load_of(self.machine, self.noise, at)

    def conntrack(self, at: float) -> Conntrack:
        """A small part of the table."""
        count = 2_300 + int(1_400 * self.noise.drift(f"conntrack/{self.machine.name}", at, 180))
        return Conntrack(count, self.machine.cpus * _TRACKED_PER_CPU)

    def clock(self, at: float) -> Clock:
        """Microseconds off, or as far as the condition says; corrected every 16 seconds."""
        swing = 2 * self.noise.drift(f"clock/{self.machine.name}", at, 64) - 1
        drift = 3 + 4 * self.noise.unit(f"crystal/{self.machine.name}", 0)
        return Clock(self.condition.skew + 4e-6 * swing, 2.1e-6 * swing, 4.4e-6, drift, at - at % 16.1)

    # -- disks

    def disks(self, at: float) -> list[Disk]:
        """In the order of mounting."""
        total = self.machine.memory_kib
        pages = total // 8
        return [
            Disk("devtmpfs", "devtmpfs", "/dev", 4_096, 0, pages - 2_310, 371),
            Disk("tmpfs", "tmpfs", "/dev/shm", total // 2, 0, pages, 1),
            Disk("tmpfs", "tmpfs", "/run", total // 5, 1_640, 819_200, 1_214),
            self._root(at),
            Disk("tmpfs", "tmpfs", "/tmp", total // 2, 12, _TMPFS_INODES, 17),
            Disk("/dev/nvme0n1p128", "vfat", "/boot/efi", 10_202, 1_310, 0, 0),
            Disk("tmpfs", "tmpfs", "/run/user/1001", total // 10, 0, total // 40, 14),
        ]  # fmt: skip

    def _root(self, at: float) -> Disk:
        grown = int(600_000 * self.noise.drift(f"disk/{self.machine.name}", at, 6 * HOUR))
        used, filled = STORED_KIB + grown, self.condition.filled
        if filled is not None and at >= filled.at:
            used = max(used, int(STORAGE_KIB * filled.share))
        # XFS makes inodes as it needs them: the fewer blocks are left, the fewer there can be.
        inodes = min(STORAGE_KIB // 2, (STORAGE_KIB - used) * 2 + 400_000)
        return Disk("/dev/nvme0n1p1", "xfs", ROOT, STORAGE_KIB, used, inodes, 213_455 + grown // 64)

    # -- words

    @property
    def journal(self) -> Journal:
        """Of the kubelet."""
        return Journal(self.machine, self.noise, self.condition, self.neighbours, self.scrapers)

    def messages(self, at: float) -> list[kernel.Message]:
        """The kernel's ring buffer."""
        said = [*kernel.booting(self.machine)]
        for kill in self._kills(at):
            said += kernel.killing(kill, self.booted)
        if self.condition.filled is not None and self.condition.filled.at <= at:
            said += kernel.filling(self.condition.filled, self.booted)
        return sorted(said, key=lambda message: message.since)

    def _kills(self, at: float) -> Iterator[OutOfMemory]:
        return (kill for kill in self.condition.kills if kill.at <= at)

    def kernel_lines(self, start: float, end: float) -> Iterator[Line]:
        """The kernel's messages of (start, end] as entries of the journal."""
        for message in self.messages(end):
            at = self.booted + message.since
            if start < at <= end:
                yield Line(at, "kernel", 0, message.priority, message.text)
