"""free, uptime and top (procps-ng 3.3.17)."""

from __future__ import annotations

import asyncio
import time

from sandbox.cluster.nodes.vitals import Load, Memory
from sandbox.hosts.call import Call, Command, Options, tool
from sandbox.hosts.processes import Process

_UNITS = {"b": 1 / 1024, "bytes": 1 / 1024, "k": 1, "kibi": 1, "m": 1024, "mebi": 1024, "g": 2**20, "gibi": 2**20}
_DELAY = 3.0
_HEAD = "    PID USER      PR  NI    VIRT    RES    SHR S  %CPU  %MEM     TIME+ COMMAND"


@tool("bkmgh", ["bytes", "kibi", "mebi", "gibi", "human"])
async def free(call: Call, options: Options, operands: list[str]) -> int:
    """Memory, in KiB or the unit asked for."""
    memory = call.host.model.memory(call.at)
    unit = next((scale for name, scale in _UNITS.items() if options.has(name)), 1)

    def written(kib: int) -> str:
        return _human(kib) if options.has("h", "human") else str(int(kib // unit))

    figures = (memory.total, memory.used, memory.free, memory.shared, memory.cache, memory.available)
    await call.say("               total        used        free      shared  buff/cache   available")
    await call.say(f"{'Mem:':<8}" + "".join(f"{written(kib):>12}" for kib in figures))
    await call.say(f"{'Swap:':<8}" + f"{written(0):>12}" * 3)
    return 0


def _human(kib: int) -> str:
    """In at most four characters and an i."""
    if not kib:
        return "0B"
    size = float(kib)
    for letter in "KMG":
        for text in (f"{size:.1f}{letter}", f"{int(size)}{letter}"):
            if len(text) <= 4:
                return f"{text}i"
        size /= 1024
    return f"{int(size)}Ti"


@tool("ps", ["pretty", "since"])
async def uptime(call: Call, options: Options, operands: list[str]) -> int:
    """Since when, and the load."""
    model = call.host.model
    if options.has("s", "since"):
        await call.say(time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(model.booted)))
    elif options.has("p", "pretty"):
        await call.say(_pretty(int(call.at - model.booted)))
    else:
        await call.say(_up(model.booted, call.at, model.load(call.at)))
    return 0


def _up(booted: float, at: float, load: Load) -> str:
    minutes = int(at - booted) // 60
    days, hours = minutes // 1440, minutes // 60 % 24
    past = f"{days} day{'s' if days != 1 else ''}, " if days else ""
    past += f"{hours:2d}:{minutes % 60:02d}, " if hours else f"{minutes % 60} min, "
    # A session without a terminal is no user to utmp.
    averages = f"{load.one:.2f}, {load.five:.2f}, {load.fifteen:.2f}"
    return f" {time.strftime('%H:%M:%S', time.gmtime(at))} up {past} 0 users,  load average: {averages}"


def _pretty(seconds: int) -> str:
    parts, rest = [], seconds // 60
    for name, size in (("week", 10_080), ("day", 1440), ("hour", 60), ("minute", 1)):
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count} {name}{'s' if count != 1 else ''}")
    return "up " + ", ".join(parts)


@tool("bn:d:c", ["version"])
async def top(call: Call, options: Options, operands: list[str]) -> int:
    """`-b`: one picture every three seconds, `-n` of them."""
    if not options.has("b"):
        return await call.complain("top: failed tty get")
    rounds = options.value("n")
    if rounds is not None and not (rounds.isdigit() and int(rounds)):
        return await call.complain(f"top: bad iterations argument '{rounds}'")
    shown = 0
    while rounds is None or shown < int(rounds):
        if shown:
            await asyncio.sleep(_DELAY)
            await call.say("")
        await call.out.write(_picture(call).encode())
        shown += 1
    return 0


def _picture(call: Call) -> str:
    host, at = call.host, call.host.now()
    memory, load, processes = host.model.memory(at), host.model.load(at), host.processes(at)
    running = sum(p.state == "R" for p in processes) + 1
    count = len(processes) + 1
    states = f"{count:3d} total, {running:3d} running, {count - running:3d} sleeping"
    rows = [
        "top -" + _up(host.model.booted, at, load),
        f"Tasks: {states},   0 stopped,   0 zombie",
        _processors(load, host.model.machine.cpus),
        *_memory(memory),
        "",
        _HEAD,
        *(_row(p, memory.total) for p in [*processes, _own(processes)]),
    ]
    return "\n".join(rows) + "\n"


def _own(processes: list[Process]) -> Process:
    pid = max(p.pid for p in processes) + 917
    return Process(pid, "top", "oncall", "20", 0, 224_324, 4_164, 3_392, "R", 0.0, 0.01)


def _processors(load: Load, cpus: int) -> str:
    busy = min(99.0, load.one / cpus * 100)
    user, system, soft = busy * 0.62, busy * 0.33, busy * 0.05
    idle = 100 - user - system - soft
    return f"%Cpu(s):{user:5.1f} us,{system:5.1f} sy,  0.0 ni,{idle:5.1f} id,  0.0 wa,  0.0 hi,{soft:5.1f} si,  0.0 st "


def _memory(memory: Memory) -> tuple[str, str]:
    total, idle, used, cache, left = (
        kib / 1024 for kib in (memory.total, memory.free, memory.used, memory.cache, memory.available)
    )
    return (
        f"MiB Mem : {total:8.1f} total, {idle:8.1f} free, {used:8.1f} used, {cache:8.1f} buff/cache     ",
        f"MiB Swap: {0:8.1f} total, {0:8.1f} free, {0:8.1f} used. {left:8.1f} avail Mem ",
    )


def _row(process: Process, total: int) -> str:
    share = process.resident / total * 100
    return (
        f"{process.pid:>7} {process.user[:8]:<8} {process.priority:>3} {process.nice:>3} {process.virtual:>7} "
        f"{process.resident:>6} {process.shared:>6} {process.state} {process.cpu:>5.1f} {share:>5.1f} "
        f"{_spent(process.spent):>9} {process.name}"
    )


def _spent(seconds: float) -> str:
    whole, hundredths = divmod(int(seconds * 100), 100)
    minutes, rest = divmod(whole, 60)
    text = f"{minutes}:{rest:02d}.{hundredths:02d}"
    return text if len(text) <= 9 else f"{minutes}:{rest:02d}"


COMMANDS: dict[str, Command] = {"free": free, "uptime": uptime, "top": top}
