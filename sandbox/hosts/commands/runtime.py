"""crictl (cri-tools 1.32) and systemctl (systemd 252)."""

from __future__ import annotations

import time

from sandbox.cluster.nodes.machines import Machine
from sandbox.hosts.call import Call, Command, Options, tool
from sandbox.hosts.commands.entries import FORMS, kubelet_line
from sandbox.hosts.commands.query import LAST, Query
from sandbox.hosts.processes import KUBELET, PIDS
from sandbox.hosts.tenants import Tenant

_COLUMNS = ("CONTAINER", "IMAGE", "CREATED", "STATE", "NAME", "ATTEMPT", "POD ID", "POD", "NAMESPACE")
_SHORT_ID = 13
# cri-tools writes its tables with cells of at least this, and this much between them.
_CELL, _GAP = 20, 3
_UNIT = f"{KUBELET}.service"
_NO_UNIT, _NOT_FOUND = 3, 4


async def crictl(call: Call) -> int:
    """`crictl ps [-a]`."""
    verb = next((arg for arg in call.args if not arg.startswith("-")), None)
    if verb != "ps":
        return await call.complain(f"No help topic for '{verb or ''}'", 3)
    return await _ps(call.again(["crictl", *(arg for arg in call.args if arg != "ps")]))


@tool("aq", ["all", "quiet"])
async def _ps(call: Call, options: Options, operands: list[str]) -> int:
    tenants = [t for t in call.host.tenants() if t.running or options.has("a", "all")]
    if options.has("q", "quiet"):
        await call.out.write("".join(f"{t.id}\n" for t in tenants).encode())
        return 0
    rows = [_COLUMNS, *(_row(tenant, call.at) for tenant in tenants)]
    widths = [max(_CELL, *(len(row[i]) + _GAP for row in rows)) for i in range(len(_COLUMNS) - 1)]
    for row in rows:
        await call.say("".join(c.ljust(w) for c, w in zip(row, widths, strict=False)) + row[-1])
    return 0


def _row(tenant: Tenant, at: float) -> tuple[str, ...]:
    state = "Running" if tenant.running else "Exited"
    return (
        tenant.id[:_SHORT_ID], tenant.image_id[:_SHORT_ID], f"{ago(at - tenant.created)} ago", state, tenant.name,
        str(tenant.attempt), tenant.sandbox[:_SHORT_ID], tenant.pod, tenant.namespace,
    )  # fmt: skip


def ago(seconds: float) -> str:
    """As docker/go-units says it."""
    minutes, hours = int(seconds // 60), int(seconds / 3600 + 0.5)
    if seconds < 60:
        return "Less than a second" if seconds < 1 else f"{int(seconds)} second{'s' if seconds >= 2 else ''}"
    if minutes < 60:
        return "About a minute" if minutes == 1 else f"{minutes} minutes"
    if hours < 48:
        return "About an hour" if hours == 1 else f"{hours} hours"
    for limit, size, name in ((14, 1, "days"), (60, 7, "weeks"), (730, 30, "months")):
        if hours < 24 * limit:
            return f"{hours // 24 // size} {name}"
    return f"{hours // 24 // 365} years"


@tool("ln:", ["no-pager", "full", "lines="])
async def systemctl(call: Call, options: Options, operands: list[str]) -> int:
    """`status` and `is-active` of the kubelet."""
    verb, unit = [*operands, "", ""][:2]
    name = unit if "." in unit else f"{unit}.service"
    if verb == "is-active":
        await call.say("active" if name == _UNIT else "inactive")
        return 0 if name == _UNIT else _NO_UNIT
    if verb != "status":
        return await call.complain(f"Unknown command verb {verb}.")
    if name != _UNIT:
        return await call.complain(f"Unit {name} could not be found.", _NOT_FOUND)
    given = options.value("n", "lines")
    await call.out.write(_status(call, int(given) if given and given.isdigit() else LAST).encode())
    return 0


def _status(call: Call, count: int) -> str:
    model, pid = call.host.model, PIDS[KUBELET]
    started = model.booted + 28
    spent = (call.at - started) * 0.019
    since = time.strftime("%a %Y-%m-%d %H:%M:%S UTC", time.gmtime(started))
    head = [
        f"● {_UNIT} - Kubernetes Kubelet",
        f"     Loaded: loaded (/etc/systemd/system/{_UNIT}; enabled; preset: disabled)",
        f"     Active: active (running) since {since}; {_since(call.at - started)} ago",
        "       Docs: https://github.com/kubernetes/kubernetes",
        "    Process: 1881 ExecStartPre=/sbin/iptables -P FORWARD ACCEPT -w 5 (code=exited, status=0/SUCCESS)",
        f"   Main PID: {pid} ({KUBELET})",
        f"      Tasks: 14 (limit: {_task_limit(model.machine)})",
        "     Memory: 118.5M",
        f"        CPU: {_cpu(spent)}",
        f"     CGroup: /runtime.slice/{_UNIT}",
        f"             └─{pid} {kubelet_line(call.host)}",
        "",
    ]
    query = Query(frozenset({_UNIT}), False, 0.0, call.at, count, 7, None)
    lines = (FORMS["short"](call.host, line) for line in query.begin(call.host, call.at))
    return "\n".join([*head, *lines]) + "\n"


def _task_limit(machine: Machine) -> int:
    """systemd's default: 15 % of the threads the kernel allows, which follow from the memory."""
    return machine.memory_kib // 128 * 15 // 100


def _since(seconds: float) -> str:
    """The two biggest units, as systemd says how long ago something was."""
    units = (("month", 2_629_800), ("day", 86_400), ("h", 3600), ("min", 60), ("s", 1))
    parts, rest = list[str](), int(seconds)
    for name, size in units:
        count, rest = divmod(rest, size)
        if count and len(parts) < 2:
            plural = "s" if count != 1 else ""
            parts.append(f"{count} {name}{plural}" if len(name) > 3 or name == "day" else f"{count}{name}")
    return " ".join(parts) or "0s"


def _cpu(seconds: float) -> str:
    hours, rest = divmod(seconds, 3600)
    minutes, rest = divmod(rest, 60)
    return f"{int(hours)}h {int(minutes)}min {rest:.3f}s" if hours else f"{int(minutes)}min {rest:.3f}s"


COMMANDS: dict[str, Command] = {"crictl": crictl, "systemctl": systemctl}
