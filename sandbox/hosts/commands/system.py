"""The machine's name, user and clock, waiting, and sudo."""

from __future__ import annotations

import asyncio
import re
import time
from dataclasses import replace

from sandbox.cluster.nodes.machines import KERNEL
from sandbox.hosts.call import Call, Command, Options, tool
from sandbox.hosts.facts import UID, USER
from sandbox.hosts.kernel import BUILD
from sandbox.shell.line import run

TOO_SLOW = 124
_CONTEXT = "context=unconfined_u:unconfined_r:unconfined_t:s0-s0:c0.c1023"
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


@tool("asnrvmpio", ["all", "kernel-name", "nodename", "kernel-release", "kernel-version", "machine"], hint=True)
async def uname(call: Call, options: Options, operands: list[str]) -> int:
    """The kernel."""
    parts = (
        ("s", "Linux"), ("n", call.host.name), ("r", KERNEL), ("v", BUILD), ("m", "x86_64"), ("p", "x86_64"),
        ("i", "x86_64"), ("o", "GNU/Linux"),
    )  # fmt: skip
    long = {"s": "kernel-name", "n": "nodename", "r": "kernel-release", "v": "kernel-version", "m": "machine"}
    everything = options.has("a", "all")
    chosen = [text for flag, text in parts if everything or options.has(flag, long.get(flag, flag))]
    await call.say(" ".join(chosen or ["Linux"]))
    return 0


@tool("fsiI", ["fqdn", "long", "short", "ip-address", "all-ip-addresses"])
async def hostname(call: Call, options: Options, operands: list[str]) -> int:
    """The name; -s without its domain, -i and -I the address."""
    if options.has("i", "I", "ip-address", "all-ip-addresses"):
        # -I ends with a blank, as hostname(1) prints it.
        await call.say(call.host.model.machine.ip + (" " if options.has("I", "all-ip-addresses") else ""))
    else:
        await call.say(call.host.name.partition(".")[0] if options.has("s", "short") else call.host.name)
    return 0


@tool("unGg", ["user", "name", "groups", "group"], hint=True)
async def identity(call: Call, options: Options, operands: list[str]) -> int:
    """Who one is."""
    name, uid = ("root", 0) if call.root else (USER, UID)
    if options.has("u", "user"):
        await call.say(name if options.has("n", "name") else str(uid))
        return 0
    groups = "0(root)" if call.root else f"{UID}({USER}),10(wheel),190(systemd-journal)"
    await call.say(f"uid={uid}({name}) gid={uid}({name}) groups={groups} {_CONTEXT}")
    return 0


async def whoami(call: Call) -> int:
    """The user's name."""
    await call.say("root" if call.root else USER)
    return 0


@tool("uId:", ["utc", "universal", "date=", "iso-8601="], hint=True)
async def date(call: Call, options: Options, operands: list[str]) -> int:
    """The time by this machine's clock, or in a format."""
    form = next((text[1:] for text in operands if text.startswith("+")), "%a %b %e %H:%M:%S UTC %Y")
    form = form.replace("%N", f"{int(call.at % 1 * 1e9):09d}").replace("%s", str(int(call.at))).replace("%:z", "+00:00")
    await call.say(time.strftime(form.replace("%z", "+0000").replace("%Z", "UTC"), time.gmtime(call.at)))
    return 0


async def nproc(call: Call) -> int:
    """Processors."""
    await call.say(str(call.host.model.machine.cpus))
    return 0


@tool("n", hint=True)
async def chronyc(call: Call, options: Options, operands: list[str]) -> int:
    """`chronyc tracking`: how far the clock is from that of the time server."""
    if operands != ["tracking"]:
        return await call.complain("Unrecognized command")
    held = call.host.model.clock(call.at)
    rows = (
        ("Reference ID", "A9FEA97B (169.254.169.123)"), ("Stratum", "4"),
        ("Ref time (UTC)", time.strftime("%a %b %d %H:%M:%S %Y", time.gmtime(held.updated))),
        ("System time", f"{abs(held.offset):.9f} seconds {'fast' if held.offset > 0 else 'slow'} of NTP time"),
        ("Last offset", f"{held.last:+.9f} seconds"), ("RMS offset", f"{held.rms:.9f} seconds"),
        ("Frequency", f"{held.drift_ppm:.3f} ppm slow"), ("Residual freq", "-0.001 ppm"), ("Skew", "0.013 ppm"),
        ("Root delay", "0.000428127 seconds"), ("Root dispersion", "0.000211043 seconds"),
        ("Update interval", "16.1 seconds"), ("Leap status", "Normal"),
    )  # fmt: skip
    await call.out.write("".join(f"{name:<16}: {value}\n" for name, value in rows).encode())
    return 0


def _seconds(text: str) -> float | None:
    match = re.fullmatch(r"(\d+(?:\.\d*)?|\.\d+)([smhd]?)", text)
    return float(match[1]) * _UNITS[match[2] or "s"] if match else None


async def sleep(call: Call) -> int:
    """Wait."""
    if not call.args:
        return await call.complain("sleep: missing operand\nTry 'sleep --help' for more information.")
    spans = [_seconds(arg) for arg in call.args]
    for arg, span in zip(call.args, spans, strict=True):
        if span is None:
            hint = "Try 'sleep --help' for more information."
            return await call.complain(f"sleep: invalid time interval ‘{arg}’\n{hint}")
    await asyncio.sleep(sum(span or 0.0 for span in spans))
    return 0


async def timeout(call: Call) -> int:
    """`timeout SECONDS COMMAND…`; 124 when it was too slow."""
    span = _seconds(call.args[0]) if len(call.args) > 1 else None
    if span is None:
        return await call.complain("timeout: missing operand\nTry 'timeout --help' for more information.", 125)
    try:
        async with asyncio.timeout(span):
            return await run(call.again(call.args[1:]))
    except TimeoutError:
        return TOO_SLOW


async def sudo(call: Call) -> int:
    """`sudo [-n] COMMAND…`: the group wheel needs no password."""
    words = call.args[1:] if call.args[:1] == ["-n"] else call.args
    if not words or words[0].startswith("-"):
        return await call.complain("usage: sudo [-n] command [arg ...]")
    if call.find(words[0]) is None:
        return await call.complain(f"sudo: {words[0]}: command not found")
    return await run(replace(call, argv=words, root=True))


COMMANDS: dict[str, Command] = {
    "uname": uname, "hostname": hostname, "id": identity, "whoami": whoami, "date": date, "nproc": nproc,
    "chronyc": chronyc, "sleep": sleep, "timeout": timeout, "sudo": sudo,
}  # fmt: skip
