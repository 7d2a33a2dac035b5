"""The files of a machine that its user can read."""

from __future__ import annotations

from collections.abc import Callable

from sandbox.cluster.nodes.machines import KERNEL, OS_IMAGE
from sandbox.cluster.nodes.vitals import loadavg, meminfo
from sandbox.hosts.host import Host

_OS_RELEASE = (
    'NAME="Amazon Linux"\nVERSION="2023"\nID="amzn"\nID_LIKE="fedora"\nVERSION_ID="2023"\n'
    'PLATFORM_ID="platform:al2023"\nPRETTY_NAME="{name}"\nANSI_COLOR="0;33"\n'
    'CPE_NAME="cpe:2.3:o:amazon:amazon_linux:2023"\nVENDOR_NAME="AWS"\nSUPPORT_END="2029-06-30"\n'
)
_PIDS = 4_194_304


def read(host: Host, path: str) -> bytes | None:
    """The content, None when there is no such file."""
    make = _made(host).get(path)
    return make().encode() if make else None


def listing(host: Host, folder: str) -> list[str] | None:
    """Names in a directory, None when it is not one."""
    base = folder.rstrip("/") + "/"
    return sorted({p[len(base) :].partition("/")[0] for p in _made(host) if p.startswith(base)}) or None


def _made(host: Host) -> dict[str, Callable[[], str]]:
    model, at = host.model, host.now()
    tracked = model.conntrack(at)
    return {
        "/etc/hostname": lambda: f"{host.name}\n",
        "/etc/os-release": lambda: _OS_RELEASE.format(name=OS_IMAGE),
        "/proc/meminfo": lambda: meminfo(model.memory(at)),
        "/proc/loadavg": lambda: loadavg(model.load(at), last_pid(host, at)),
        "/proc/uptime": lambda: f"{at - model.booted:.2f} {(at - model.booted) * model.machine.cpus * 0.93:.2f}\n",
        "/proc/sys/kernel/hostname": lambda: f"{host.name}\n",
        "/proc/sys/kernel/osrelease": lambda: f"{KERNEL}\n",
        "/proc/sys/kernel/pid_max": lambda: f"{_PIDS}\n",
        "/proc/sys/net/netfilter/nf_conntrack_count": lambda: f"{tracked.count}\n",
        "/proc/sys/net/netfilter/nf_conntrack_max": lambda: f"{tracked.maximum}\n",
    }


def last_pid(host: Host, at: float) -> int:
    """The pid given away last: probes alone use some in a second."""
    return 300 + int((at - host.model.booted) * 1.7) % (_PIDS - 300)
