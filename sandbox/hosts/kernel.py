"""What the kernel of a machine has said since it booted, and when."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sandbox.cluster.nodes.machines import INSTANCE_TYPE, KERNEL, Machine
from sandbox.hosts.facts import Filled, OutOfMemory

_ERROR, _WARNING, _NOTICE, _INFO = 3, 4, 5, 6
BUILD = "#1 SMP PREEMPT_DYNAMIC Sat Apr 12 18:18:11 UTC 2025"
_PAGE_KIB = 4
_MAPPED_KIB = 12_880
_ADJUSTED = 985
"""oom_score_adj of a burstable pod with a small request."""


@dataclass(frozen=True, slots=True)
class Message:
    """One line of the ring buffer: seconds since the boot, priority of syslog, text."""

    since: float
    priority: int
    text: str


def booting(machine: Machine) -> Iterator[Message]:
    """From the first line to the network of the first pods."""
    for since, priority, text in _BOOT:
        filled = text.format(
            kernel=KERNEL, build=BUILD, kind=INSTANCE_TYPE, name=machine.name, instance=machine.instance,
            memory=machine.memory_kib, all=machine.memory_kib * 103 // 100, cpus=machine.cpus,
        )  # fmt: skip
        yield Message(since, priority, filled)


_BOOT = (
    (0.0, _NOTICE, "Linux version {kernel} (mockbuild@ip-10-0-43-44) (gcc (GCC) 11.5.0 20240719 (Red Hat 11.5.0-5), "
     "GNU ld version 2.39-6.amzn2023.0.11) {build}"),
    (0.0, _INFO, "Command line: BOOT_IMAGE=(hd0,gpt1)/boot/vmlinuz-{kernel} root=UUID=9b1a1c3c-3d0f-4dd0-9a54-"
     "2b6b3d4f7e11 ro console=tty0 console=ttyS0,115200n8 nvme_core.io_timeout=4294967295 rd.emergency=poweroff "
     "rd.shell=0 selinux=1 security=selinux quiet"),
    (0.0, _INFO, "x86/fpu: Supporting XSAVE feature 0x001: 'x87 floating point registers'"),
    (0.0, _INFO, "signal: max sigframe size: 3632"),
    (0.0, _INFO, "BIOS-provided physical RAM map:"),
    (0.0, _INFO, "SMBIOS 2.7 present."),
    (0.0, _INFO, "DMI: Amazon EC2 {kind}/, BIOS 1.0 10/16/2017"),
    (0.0, _INFO, "Hypervisor detected: KVM"),
    (0.0, _INFO, "kvm-clock: Using msrs 4b564d01 and 4b564d00"),
    (0.000002, _INFO, "kvm-clock: using sched offset of 11384759180 cycles"),
    (0.000006, _INFO, "tsc: Detected 2899.998 MHz processor"),
    (0.012417, _INFO, "Memory: {memory}K/{all}K available (16396K kernel code, 9421K rwdata, 11256K rodata, 3096K "
     "init, 18500K bss, 466712K reserved, 0K cma-reserved)"),
    (0.046120, _INFO, "rcu: Preemptible hierarchical RCU implementation."),
    (0.180912, _INFO, "smpboot: CPU0: Intel(R) Xeon(R) Platinum 8375C CPU @ 2.90GHz (family: 0x6, model: 0x6a, "
     "stepping: 0x6)"),
    (0.211410, _INFO, "smp: Brought up 1 node, {cpus} CPUs"),
    (0.604418, _INFO, "clocksource: Switched to clocksource kvm-clock"),
    (1.130227, _INFO, "nvme nvme0: pci function 0000:00:04.0"),
    (1.139902, _INFO, "nvme nvme0: 2/0/0 default/read/poll queues"),
    (1.146305, _INFO, " nvme0n1: p1 p127 p128"),
    (1.642719, _NOTICE, "XFS (nvme0n1p1): Mounting V5 Filesystem"),
    (1.701322, _INFO, "XFS (nvme0n1p1): Ending clean mount"),
    (1.844201, _INFO, "systemd[1]: systemd 252.23-3.amzn2023 running in system mode (+PAM +AUDIT +SELINUX)"),
    (1.844809, _INFO, "systemd[1]: Detected virtualization amazon."),
    (2.130148, _INFO, "systemd[1]: Hostname set to <{name}>."),
    (3.018824, _INFO, "ena 0000:00:05.0: Elastic Network Adapter (ENA) v2.13.3g"),
    (3.040411, _INFO, "ena 0000:00:05.0 ens5: renamed from eth0"),
    (11.204117, _INFO, "Bridge firewalling registered"),
    (12.667340, _NOTICE, "nf_conntrack: default automatic helper assignment has been turned off for security reasons"),
    (24.310077, _INFO, "IPv6: ADDRCONF(NETDEV_CHANGE): eth0: link becomes ready"),
    (24.318662, _INFO, "IPv6: ADDRCONF(NETDEV_CHANGE): eni4b3a0f2c171: link becomes ready"),
)  # fmt: skip


def killing(kill: OutOfMemory, booted: float) -> Iterator[Message]:
    """The report of an end at the memory limit of a cgroup, as mm/oom_kill.c and mm/memcontrol.c write it."""
    since = kill.at - booted
    for number, (priority, text) in enumerate(_report(kill)):
        yield Message(since + number * 0.000_004, priority, text)


def _report(kill: OutOfMemory) -> Iterator[tuple[int, str]]:
    resident = kill.limit - _MAPPED_KIB
    pages = resident // _PAGE_KIB
    unit = kill.pod_uid.replace("-", "_")
    facts = {
        "name": kill.process, "pid": kill.pid, "limit": kill.limit, "resident": resident, "mapped": _MAPPED_KIB,
        "anon": resident * 1024, "pages": pages, "mapping": pages * 2, "virtual": pages * 8, "tables": pages * 9,
        "table_kib": pages * 9 // 1024, "kernel": KERNEL, "kind": INSTANCE_TYPE, "adj": _ADJUSTED,
        "pod": f"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod{unit}.slice",
        "scope": f"cri-containerd-{kill.container_id}.scope",
    }  # fmt: skip
    for priority, text in _KILLING:
        yield priority, text.format(**facts)


_FRAMES = (
    "dump_stack_lvl+0x34/0x48", "dump_header+0x4a/0x213", "oom_kill_process.cold+0xb/0x10", "out_of_memory+0xed/0x2d0",
    "mem_cgroup_out_of_memory+0x138/0x150", "try_charge_memcg+0x6e9/0x7a0", "charge_memcg+0x2e/0xa0",
    "__mem_cgroup_charge+0x29/0x80", "do_anonymous_page+0xe3/0x390", "__handle_mm_fault+0x631/0x6f0",
    "handle_mm_fault+0xdb/0x2d0", "do_user_addr_fault+0x1cf/0x690", "exc_page_fault+0x70/0x170",
    "asm_exc_page_fault+0x22/0x30",
)  # fmt: skip
_KILLING = (
    (_WARNING, "{name} invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj={adj}"),
    (_WARNING, "CPU: 2 PID: {pid} Comm: {name} Not tainted {kernel} #1"),
    (_WARNING, "Hardware name: Amazon EC2 {kind}/, BIOS 1.0 10/16/2017"),
    (_WARNING, "Call Trace:"),
    (_WARNING, " <TASK>"),
    *((_WARNING, f" {frame}") for frame in _FRAMES),
    (_WARNING, " </TASK>"),
    (_INFO, "memory: usage {limit}kB, limit {limit}kB, failcnt 1182"),
    (_INFO, "swap: usage 0kB, limit 0kB, failcnt 0"),
    (_INFO, "Memory cgroup stats for {pod}:"),
    (_INFO, "anon {anon}"),
    (_INFO, "Tasks state (memory values in pages):"),
    (_INFO, "[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name"),
    (_INFO, "[{pid:7d}]  1000 {pid:5d} {mapping:8d} {pages:8d} {tables:8d}        0         {adj:5d} {name}"),
    (_INFO, "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset={scope},mems_allowed=0,oom_memcg={pod},"
     "task_memcg={pod}/{scope},task={name},pid={pid},uid=1000"),
    (_ERROR, "Memory cgroup out of memory: Killed process {pid} ({name}) total-vm:{virtual}kB, anon-rss:{resident}kB, "
     "file-rss:{mapped}kB, shmem-rss:0kB, UID:1000 pgtables:{table_kib}kB oom_score_adj:{adj}"),
)  # fmt: skip


def filling(filled: Filled, booted: float) -> Iterator[Message]:
    """What XFS says when its last blocks are gone; nothing before that."""
    if filled.share >= 1.0:
        text = "XFS (nvme0n1p1): Per-AG reservation for AG 0 failed.  Filesystem may run out of space."
        yield Message(filled.at - booted, _WARNING, text)
