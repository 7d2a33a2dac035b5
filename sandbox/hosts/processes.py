"""The processes of a machine: those of the system, of the kernel, and of the containers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sandbox.cluster.nodes.machines import Machine
from sandbox.hosts.tenants import Tenant
from sandbox.noise import Noise

_MIB = 1024


@dataclass(frozen=True, slots=True)
class Process:
    """One process. Sizes in KiB, `cpu` in percent of one processor now, `spent` in seconds of processor time."""

    pid: int
    name: str
    user: str
    priority: str
    nice: int
    virtual: int
    resident: int
    shared: int
    state: str
    cpu: float
    spent: float


@dataclass(frozen=True, slots=True)
class _Daemon:
    """A program of the system: sizes in KiB, its usual percentage of a processor."""

    pid: int
    name: str
    user: str
    virtual: int
    resident: int
    shared: int
    cpu: float


KUBELET = "kubelet"
_DAEMONS = (
    _Daemon(1, "systemd", "root", 107_960, 17_412, 10_036, 0.02),
    _Daemon(1187, "systemd-journal", "root", 66_412, 29_540, 28_112, 0.06),
    _Daemon(1203, "systemd-udevd", "root", 31_760, 9_736, 7_112, 0.0),
    _Daemon(1311, "systemd-resolve", "systemd+", 21_116, 13_604, 9_420, 0.01),
    _Daemon(1330, "auditd", "root", 18_204, 2_712, 2_020, 0.0),
    _Daemon(1418, "dbus-broker", "dbus", 5_132, 3_416, 2_640, 0.0),
    _Daemon(1421, "irqbalance", "root", 81_244, 4_020, 3_520, 0.01),
    _Daemon(1424, "systemd-logind", "root", 19_516, 9_020, 6_516, 0.01),
    _Daemon(1466, "chronyd", "chrony", 84_688, 3_280, 2_476, 0.0),
    _Daemon(1502, "systemd-network", "systemd+", 18_604, 10_228, 7_808, 0.01),
    _Daemon(1655, "amazon-ssm-agen", "root", 1_237_604, 19_880, 12_364, 0.02),
    _Daemon(1671, "sshd", "root", 16_308, 9_632, 7_812, 0.0),
    _Daemon(1688, "agetty", "root", 4_256, 1_044, 904, 0.0),
    _Daemon(1744, "ssm-agent-worke", "root", 1_247_132, 29_204, 15_884, 0.05),
    _Daemon(1802, "containerd", "root", 1_934_212, 78_604, 35_120, 1.1),
    _Daemon(1893, KUBELET, "root", 2_231_724, 121_432, 66_212, 1.9),
)
PIDS = {daemon.name: daemon.pid for daemon in _DAEMONS}
"""Well-known processes; all machines boot from one image and start them in one order."""
_PROGRAMS = {"aws-node": "aws-k8s-agent"}
"""Containers whose process has another name."""
_PER_CPU = ("cpuhp", "migration", "ksoftirqd", "kworker/{}:0H-events_highpri")
_KERNEL = (
    "kthreadd", "rcu_gp", "rcu_par_gp", "slub_flushwq", "netns", "mm_percpu_wq", "rcu_tasks_kthre", "rcu_preempt",
    "kdevtmpfs", "inet_frag_wq", "kauditd", "khungtaskd", "oom_reaper", "writeback", "kcompactd0", "ksmd",
    "khugepaged", "kblockd", "tpm_dev_wq", "md", "edac-poller", "watchdogd", "kswapd0", "kthrotld", "nvme-wq",
    "nvme-reset-wq", "nvme-delete-wq", "ena", "mld", "ipv6_addrconf", "kstrp", "xfsalloc", "xfs_mru_cache",
    "xfs-buf/nvme0n1", "xfs-conv/nvme0n", "xfs-cil/nvme0n1", "xfsaild/nvme0n1",
)  # fmt: skip


def processes_of(machine: Machine, noise: Noise, tenants: Iterable[Tenant], at: float, booted: float) -> list[Process]:
    """All of them, the busiest first."""
    alive = [*_kernel(machine), *_daemons(machine, noise, at, booted), *_pods(machine, noise, tenants, at)]
    return sorted(alive, key=lambda p: (-p.cpu, p.pid))


def _kernel(machine: Machine) -> Iterator[Process]:
    names = [*_KERNEL, *(_bound(name, cpu) for cpu in range(machine.cpus) for name in _PER_CPU)]
    for pid, name in enumerate(names, start=2):
        urgent = name.startswith("migration")
        nice = 0 if urgent or name in ("kthreadd", "kdevtmpfs", "oom_reaper") else -20
        yield Process(pid, name, "root", "rt" if urgent else str(20 + nice), nice, 0, 0, 0, "I" if nice else "S", 0, 0)


def _bound(pattern: str, cpu: int) -> str:
    return pattern.format(cpu) if "{}" in pattern else f"{pattern}/{cpu}"


def _daemons(machine: Machine, noise: Noise, at: float, booted: float) -> Iterator[Process]:
    for held in _DAEMONS:
        cpu = _now(noise, f"{machine.name}/{held.name}", at, held.cpu)
        spent = (at - booted) * held.cpu / 100
        yield Process(
            held.pid, held.name, held.user, "20", 0, held.virtual, held.resident, held.shared, "S", cpu, spent
        )


def _pods(machine: Machine, noise: Noise, tenants: Iterable[Tenant], at: float) -> Iterator[Process]:
    seen: set[str] = set()
    for tenant in tenants:
        if not tenant.running:
            continue
        pid = pid_of(tenant)
        if tenant.sandbox not in seen:
            seen.add(tenant.sandbox)
            yield Process(pid - 31, "containerd-shim", "root", "20", 0, 1_238_192, 12_816, 9_504, "S", 0.0, 41.2)
            yield Process(pid - 12, "pause", "65535", "20", 0, 1_020, 640, 640, "S", 0.0, 0.02)
        usual = 0.6 + 2.4 * noise.unit(tenant.name, 1)
        resident = int((24 + 180 * noise.unit(tenant.name, 2)) * _MIB)
        cpu = _now(noise, f"{machine.name}/{tenant.id}", at, usual)
        spent = max(0.0, at - tenant.created) * usual / 100
        user = "root" if tenant.namespace == "kube-system" else "1000"
        sizes = (resident * 4, resident, resident // 5)
        yield Process(pid, program_of(tenant)[:15], user, "20", 0, *sizes, "S", cpu, spent)


def program_of(tenant: Tenant) -> str:
    """The name of its main process."""
    return _PROGRAMS.get(tenant.name, tenant.name)


def pids_of(tenants: Iterable[Tenant]) -> dict[str, int]:
    """Process name to pid, of the system and of the running containers."""
    return PIDS | {program_of(tenant): pid_of(tenant) for tenant in tenants if tenant.running}


def pid_of(tenant: Tenant) -> int:
    """A stable pid of its main process, far from those of the system and of its neighbours."""
    return 10_000 + int(tenant.id[:8] or "0", 16) % 4_000_000


def _now(noise: Noise, name: str, at: float, usual: float) -> float:
    return round(usual * (0.5 + noise.drift(f"cpu/{name}", at, 20)), 1) if usual >= 0.1 else 0.0
