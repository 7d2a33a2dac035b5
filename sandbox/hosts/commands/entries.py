"""Entries of the journal in the forms of `journalctl -o`."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

from sandbox.hosts.facts import Line
from sandbox.hosts.host import Host

_SLICE, _UNIT = "runtime.slice", "kubelet.service"
KUBELET_ARGS = (
    "/usr/bin/kubelet --node-ip={ip} --cloud-provider=external --hostname-override={name} "
    "--config=/etc/kubernetes/kubelet/config.json --config-dir=/etc/kubernetes/kubelet/config.json.d "
    "--kubeconfig=/var/lib/kubelet/kubeconfig --image-credential-provider-bin-dir=/etc/eks/image-credential-provider "
    "--image-credential-provider-config=/etc/eks/image-credential-provider/config.json "
    "--node-labels=eks.amazonaws.com/nodegroup={group} --v=3"
)


def kubelet_line(host: Host) -> str:
    """The command line of the kubelet."""
    machine = host.model.machine
    return KUBELET_ARGS.format(ip=machine.ip, name=machine.name, group=machine.labels.get("role", "app"))


Form = Callable[[Host, Line], str]


def _written(stamp: Callable[[float], str]) -> Form:
    def form(host: Host, line: Line) -> str:
        who = f"{line.source}[{line.pid}]" if line.pid else line.source
        return f"{stamp(line.at)} {host.name} {who}: {line.text}"

    return form


def _stamp(form: str, *, precise: bool = False, zone: str = "") -> Callable[[float], str]:
    def stamp(at: float) -> str:
        whole, micros = divmod(int(at * 1e6), 1_000_000)
        return time.strftime(form, time.gmtime(whole)) + (f".{micros:06d}" if precise else "") + zone

    return stamp


def _unix(at: float) -> str:
    return f"{at:.6f}"


def _json(host: Host, line: Line) -> str:
    """One object, every value a string."""
    micros, machine = int(line.at * 1e6), host.model.machine
    since = int((line.at - host.model.booted) * 1e6)
    boot = machine.uuid("boot")
    cursor = f"s={machine.uuid('journal')};i={micros % 10**9:x};b={boot};m={since:x};t={micros:x};x={micros % 2**31:x}"
    entry = {
        "__CURSOR": cursor, "__REALTIME_TIMESTAMP": str(micros), "__MONOTONIC_TIMESTAMP": str(since),
        "_BOOT_ID": boot, "_MACHINE_ID": machine.uuid("machine"), "_HOSTNAME": host.name,
        "PRIORITY": str(line.priority), "SYSLOG_IDENTIFIER": line.source, "MESSAGE": line.text,
    }  # fmt: skip
    more = _of_kernel(since) if line.source == "kernel" else _of_kubelet(host, line)
    return json.dumps(entry | more, separators=(",", ":"), ensure_ascii=False)


def _of_kernel(since: int) -> dict[str, str]:
    return {"_TRANSPORT": "kernel", "SYSLOG_FACILITY": "0", "_SOURCE_MONOTONIC_TIMESTAMP": str(since)}


def _of_kubelet(host: Host, line: Line) -> dict[str, str]:
    return {
        "_TRANSPORT": "stdout", "SYSLOG_FACILITY": "3", "_STREAM_ID": host.model.machine.uuid("stream"),
        "_PID": str(line.pid), "_UID": "0", "_GID": "0", "_COMM": line.source, "_EXE": f"/usr/bin/{line.source}",
        "_CMDLINE": kubelet_line(host), "_CAP_EFFECTIVE": "1ffffffffff",
        "_SELINUX_CONTEXT": "system_u:system_r:kubelet_t:s0", "_SYSTEMD_CGROUP": f"/{_SLICE}/{_UNIT}",
        "_SYSTEMD_UNIT": _UNIT, "_SYSTEMD_SLICE": _SLICE,
        "_SYSTEMD_INVOCATION_ID": host.model.machine.uuid("invocation"),
    }  # fmt: skip


_DAY, _ISO = "%b %d %H:%M:%S", "%Y-%m-%dT%H:%M:%S"
FORMS: dict[str, Form] = {
    "short": _written(_stamp(_DAY)),
    "short-precise": _written(_stamp(_DAY, precise=True)),
    "short-iso": _written(_stamp(_ISO, zone="+0000")),
    "short-iso-precise": _written(_stamp(_ISO, precise=True, zone="+0000")),
    "short-unix": _written(_unix),
    "cat": lambda host, line: line.text,
    "json": _json,
}
