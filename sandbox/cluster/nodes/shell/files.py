"""The files a command can read: mounted ones, and the parts of /proc, /sys and /etc that tell something."""

from __future__ import annotations

import time
from collections.abc import Callable

from sandbox.cluster.nodes.network import Network
from sandbox.cluster.nodes.programs.box import Box
from sandbox.cluster.nodes.shell import sockets
from sandbox.cluster.nodes.templates import TOKEN_PATH
from sandbox.cluster.nodes.usage import cpu_nanos, memory_bytes
from sandbox.cluster.nodes.vitals import load_of, loadavg, meminfo, memory_of

_MAXIMUM = 9223372036854771712


class Files:
    """A read-only file system for one box."""

    def __init__(self, box: Box, network: Network) -> None:
        self._box = box
        self._network = network

    def paths(self) -> list[str]:
        """Every path there is."""
        return sorted({*self._box.files, *self._made(), *(f"/bin/{n}" for n in ("sh", "ls", "cat"))})

    def read(self, path: str) -> bytes | None:
        """The content, None when there is no such file."""
        if path in self._box.files:
            return self._box.files[path]
        make = self._made().get(path)
        return make().encode() if make else None

    def listing(self, folder: str) -> list[str] | None:
        """Names in a directory, None when it is not one."""
        base = folder.rstrip("/") + "/"
        inside = {p[len(base) :].partition("/")[0] for p in self.paths() if p.startswith(base)}
        return sorted(inside) or None

    def _made(self) -> dict[str, Callable[[], str]]:
        box = self._box
        files: dict[str, Callable[[], str]] = {
            "/etc/hostname": lambda: f"{box.name}\n",
            "/etc/hosts": self._hosts,
            "/etc/resolv.conf": self._resolv,
            "/etc/os-release": lambda: 'NAME="Alpine Linux"\nID=alpine\nVERSION_ID=3.21.3\n',
            "/proc/meminfo": lambda: meminfo(memory_of(box.machine, box.world.bridge, time.time())),
            "/proc/loadavg": lambda: loadavg(load_of(box.machine, box.world.bridge, time.time()), 61),
            "/proc/uptime": lambda: f"{box.age + 86_400:.2f} {box.age * 3:.2f}\n",
            "/proc/net/tcp": lambda: sockets.proc_net_tcp(box, self._network),
            "/proc/net/tcp6": lambda: sockets.PROC_HEAD,
            "/proc/1/environ": lambda: "\0".join(f"{k}={v}" for k, v in box.env.items()) + "\0",
            "/proc/1/cmdline": lambda: f"/app/{box.container['name']}\0",
            "/proc/1/status": lambda: (
                f"Name:\t{box.container['name']}\nVmRSS:\t{memory_bytes(box) // 1024} kB\nThreads:\t14\n"
            ),
            f"{TOKEN_PATH}/namespace": lambda: str(box.pod["metadata"]["namespace"]),
            f"{TOKEN_PATH}/token": lambda: box.world.bridge.token(f"token/{box.name}"),
        }
        return files | (self._cgroup_v2() if box.machine.cgroup == 2 else self._cgroup_v1())

    def _hosts(self) -> str:
        box = self._box
        own = f"{self._network.ip_of(box)}\t{box.name}\n"
        return (
            "# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n" + own
        )

    def _resolv(self) -> str:
        namespace = self._box.pod["metadata"]["namespace"]
        region = self._box.machine.zone[:-1]
        search = f"{namespace}.svc.cluster.local svc.cluster.local cluster.local {region}.compute.internal"
        return f"search {search}\nnameserver 172.20.0.10\noptions ndots:5\n"

    def _cgroup_v2(self) -> dict[str, Callable[[], str]]:
        box, root = self._box, "/sys/fs/cgroup"
        limit = str(box.memory_limit) if box.memory_limit else "max"
        return {
            f"{root}/cgroup.controllers": lambda: "cpuset cpu io memory hugetlb pids\n",
            f"{root}/memory.current": lambda: f"{memory_bytes(box)}\n",
            f"{root}/memory.max": lambda: f"{limit}\n",
            f"{root}/memory.events": lambda: "low 0\nhigh 0\nmax 0\noom 0\noom_kill 0\noom_group_kill 0\n",
            f"{root}/memory.stat": lambda: _memory_stat(memory_bytes(box)),
            f"{root}/cpu.stat": lambda: (
                f"usage_usec {int(cpu_nanos(box) / 1e3 * box.age)}\nnr_periods 0\nnr_throttled 0\n"
            ),
            f"{root}/pids.current": lambda: "15\n",
        }

    def _cgroup_v1(self) -> dict[str, Callable[[], str]]:
        box, root = self._box, "/sys/fs/cgroup/memory"
        return {
            f"{root}/memory.usage_in_bytes": lambda: f"{memory_bytes(box)}\n",
            f"{root}/memory.limit_in_bytes": lambda: f"{box.memory_limit or _MAXIMUM}\n",
            f"{root}/memory.failcnt": lambda: "0\n",
            f"{root}/memory.stat": lambda: _memory_stat(memory_bytes(box)),
            "/sys/fs/cgroup/cpu/cpuacct.usage": lambda: f"{int(cpu_nanos(box) * box.age)}\n",
        }


def _memory_stat(used: int) -> str:
    return f"anon {int(used * 0.86)}\nfile {int(used * 0.14)}\nkernel_stack 245760\nslab 912384\n"
