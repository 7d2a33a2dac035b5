"""The TCP connections of a pod, as netstat, ss and /proc/net/tcp show them."""

from __future__ import annotations

import ipaddress
import time
from dataclasses import dataclass

from sandbox.cluster.nodes.network import Network
from sandbox.cluster.nodes.programs.box import Box
from sandbox.cluster.nodes.programs.outside import BITCOIN, ETHEREUM

PROC_HEAD = (
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
)  # fmt: skip
_STATES = {"ESTABLISHED": 1, "TIME_WAIT": 6, "CLOSE_WAIT": 8, "LISTEN": 10}
_ANY = "0.0.0.0"


@dataclass(frozen=True)
class Socket:
    """One row. `remote` is ("0.0.0.0", 0) for a listener."""

    local: tuple[str, int]
    remote: tuple[str, int]
    state: str


def _peers(box: Box) -> list[tuple[str, int, int]]:
    """(host, port, connections) that the program keeps open."""
    wanted = []
    swing = box.world.bridge.drift(f"pool/{box.name}", time.time(), 45)
    if host := box.env.get("DATABASE_HOST"):
        wanted.append((host, int(box.env.get("DATABASE_PORT", "5432")), 2 + int(9 * swing)))
    if host := box.env.get("REDIS_HOST"):
        wanted.append((host, int(box.env.get("REDIS_PORT", "6379")), 2))
    if box.container["name"] == "relayer":
        wanted += [(*ETHEREUM, 2), (*BITCOIN, 1)]
    return wanted


def sockets(box: Box, network: Network) -> list[Socket]:
    """Listeners first."""
    own = network.ip_of(box)
    rows = [Socket((_ANY, port), (_ANY, 0), "LISTEN") for port in sorted(box.listening)]
    local = 41_000
    for host, port, count in _peers(box):
        address = network.lookup(box, host)
        for number in range(count if address else 0):
            local += 37 + number
            rows.append(Socket((own, local), (address or "", port), "ESTABLISHED"))
    if box.listening:
        rows.append(Socket((own, min(box.listening)), (box.machine.ip, 55_902), "TIME_WAIT"))
    return rows


def _hex(address: tuple[str, int]) -> str:
    packed = ipaddress.IPv4Address(address[0] or _ANY).packed
    return f"{packed[::-1].hex().upper()}:{address[1]:04X}"


def proc_net_tcp(box: Box, network: Network) -> str:
    """The kernel's table."""
    rows = [PROC_HEAD]
    for number, held in enumerate(sockets(box, network)):
        head = f"{number:4d}: {_hex(held.local)} {_hex(held.remote)} {_STATES[held.state]:02X}"
        rows.append(
            f"{head} 00000000:00000000 00:00000000 00000000     0        0 {90_000 + number} 1 0 100 0 0 10 0\n"
        )
    return "".join(rows)


def netstat(box: Box, network: Network, *, everything: bool, program: bool) -> str:
    """`netstat -ant`, with `-p` also the program."""
    lines = [
        "Active Internet connections (servers and established)"
        if everything
        else "Active Internet connections (w/o servers)"
    ]
    last = "       PID/Program name" if program else ""
    lines.append(f"Proto Recv-Q Send-Q Local Address           Foreign Address         State{last}")
    for held in sockets(box, network):
        if held.state == "LISTEN" and not everything:
            continue
        remote = f"{held.remote[0]}:{held.remote[1] or '*'}"
        owner = f" 1/{box.container['name']}" if program else ""
        lines.append(
            f"tcp        0      0 {held.local[0] + ':' + str(held.local[1]):<23} {remote:<23} {held.state:<11}{owner}"
        )
    return "\n".join(lines) + "\n"


def ss(box: Box, network: Network, *, everything: bool) -> str:
    """`ss -ant`."""
    names = {"ESTABLISHED": "ESTAB", "TIME_WAIT": "TIME-WAIT"}
    lines = ["State     Recv-Q Send-Q Local Address:Port  Peer Address:Port"]
    for held in sockets(box, network):
        if held.state != "LISTEN" or everything:
            local, remote = f"{held.local[0]}:{held.local[1]}", f"{held.remote[0]}:{held.remote[1] or '*'}"
            lines.append(f"{names.get(held.state, held.state):<9} 0      0      {local:<19} {remote}")
    return "\n".join(lines) + "\n"
