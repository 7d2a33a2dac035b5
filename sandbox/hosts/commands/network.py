"""ss (iproute2 6.1) and sysctl (procps-ng 3.3.17)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sandbox.hosts.call import Call, Command, Options, tool
from sandbox.hosts.sockets import Socket, Summary, summary_of

_UNKNOWN_KEY = 255
_SS_LONG = ("summary", "tcp", "all", "numeric", "listening", "processes", "no-header", "ipv4", "ipv6")


@tool("stanlpH46", _SS_LONG, code=255)
async def ss(call: Call, options: Options, operands: list[str]) -> int:
    """`-s` counts; `-t` lists TCP: what is open, with -l the listeners, with -a everything."""
    host = call.host
    sockets = host.sockets(call.at)
    if options.has("s", "summary"):
        await call.out.write(_summary(summary_of(sockets, host.model.machine, host.model.noise, call.at)).encode())
        return 0
    table = _Table(named=options.has("p", "processes"), known=call.root, headed=not options.has("H", "no-header"))
    await call.out.write(table.of(s for s in sockets if _wanted(s, options)).encode())
    return 0


def _wanted(held: Socket, options: Options) -> bool:
    four = "." in held.local[0]
    if options.has("4", "ipv4") != options.has("6", "ipv6") and four != options.has("4", "ipv4"):
        return False
    if options.has("a", "all"):
        return True
    return (held.state == "LISTEN") if options.has("l", "listening") else held.state == "ESTAB"


def _summary(counts: Summary) -> str:
    alive = counts.established + counts.listening
    rows = (
        ("RAW", 0, 0), ("UDP", counts.udp4, counts.udp6), ("TCP", alive - counts.tcp6, counts.tcp6),
        ("INET", counts.udp4 + alive - counts.tcp6, counts.udp6 + counts.tcp6), ("FRAG", 0, 0),
    )  # fmt: skip
    head = (
        f"Total: {counts.total}\n"
        f"TCP:   {alive + counts.time_wait} (estab {counts.established}, closed {counts.time_wait}, orphaned 0, "
        f"timewait {counts.time_wait})\n\nTransport Total     IP        IPv6\n"
    )
    return head + "".join(f"{name}\t  {four + six:<9d} {four:<9d} {six:<9d}\n" for name, four, six in rows) + "\n"


@dataclass(frozen=True)
class _Table:
    """`named` asks for the processes, which only root is told (`known`)."""

    named: bool
    known: bool
    headed: bool

    def of(self, sockets: Iterable[Socket]) -> str:
        """As wide as its content: ss is not on a terminal here."""
        rows = [self._row(held) for held in sockets]
        if self.headed:
            rows.insert(0, ["State", "Recv-Q", "Send-Q", "Local Address:", "Port", "Peer Address:", "Port", "Process"])
        widths = [max((len(row[i]) for row in rows), default=0) for i in range(8)]
        # ss pads these two itself, with or without a header.
        widths[1:3] = [max(6, width) for width in widths[1:3]]
        return "".join(self._line(row, widths) for row in rows)

    def _row(self, held: Socket) -> list[str]:
        owner = ""
        if self.named and self.known and held.owner is not None:
            owner = ' users:(("{}",pid={},fd={}))'.format(*held.owner)
        local, peer = held.local, held.peer
        return [
            held.state,
            str(held.queued),
            str(held.backlog),
            f"{local[0]}:",
            local[1],
            f"{peer[0]}:",
            peer[1],
            owner,
        ]

    @staticmethod
    def _line(row: list[str], widths: list[int]) -> str:
        state, received, sent, local, port, peer, peer_port, owner = row
        w = widths
        return (
            f"{state:<{w[0]}} {received:<{w[1]}} {sent:<{w[2]}} {local:>{w[3]}}{port:<{w[4]}} "
            f"{peer:>{w[5]}}{peer_port:<{w[6]}}{owner:<{w[7]}}\n"
        )


@tool("ne", ["values", "ignore"], code=255)
async def sysctl(call: Call, options: Options, operands: list[str]) -> int:
    """Values of kernel parameters, written as a.b.c or a/b/c."""
    code = 0
    for key in operands:
        path = f"/proc/sys/{key if '/' in key else key.replace('.', '/')}"
        content = call.read(path)
        if content is not None:
            value = content.decode().rstrip("\n")
            await call.say(value if options.has("n", "values") else f"{key.replace('/', '.')} = {value}")
        elif not options.has("e", "ignore"):
            code = await call.complain(f"sysctl: cannot stat {path}: No such file or directory", _UNKNOWN_KEY)
    return code


COMMANDS: dict[str, Command] = {"ss": ss, "sysctl": sysctl}
