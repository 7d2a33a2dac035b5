"""dmesg (util-linux 2.37)."""

from __future__ import annotations

import time

from sandbox.hosts.call import Call, Command, Options, tool
from sandbox.hosts.commands.query import PRIORITIES
from sandbox.hosts.kernel import Message

_LEVELS = {name.replace("warning", "warn"): number for number, name in enumerate(PRIORITIES)}
_FORMS = ("ctime", "iso", "notime")


@tool("Tl:tx", ["ctime", "level=", "notime", "time-format=", "decode", "nopager", "color=", "kernel"], hint=True)
async def dmesg(call: Call, options: Options, operands: list[str]) -> int:
    """The kernel's ring buffer; -T with the time of day, -l of some levels only."""
    levels = [name for given in options.all("l", "level") for name in given.split(",")]
    for name in levels:
        if name not in _LEVELS:
            return await call.complain(f"dmesg: unknown level '{name}'")
    form = options.value("time-format") or ("ctime" if options.has("T", "ctime") else "")
    if form and form not in _FORMS:
        return await call.complain(f"dmesg: unknown time format: {form}")
    form = "notime" if options.has("t", "notime") else form
    wanted = {_LEVELS[name] for name in levels}
    said = [m for m in call.host.model.messages(call.at) if not wanted or m.priority in wanted]
    await call.out.write("".join(_line(m, form, call.host.model.booted) for m in said).encode())
    return 0


def _line(message: Message, form: str, booted: float) -> str:
    whole, micros = divmod(int(message.since * 1e6), 1_000_000)
    at = time.gmtime(booted + message.since)
    head = {
        "": f"[{whole:5d}.{micros:06d}] ",
        "ctime": f"[{time.strftime('%a %b %e %H:%M:%S %Y', at)}] ",
        "iso": f"{time.strftime('%Y-%m-%dT%H:%M:%S', at)},{micros:06d}+00:00 ",
        "notime": "",
    }[form]
    return f"{head}{message.text}\n"


COMMANDS: dict[str, Command] = {"dmesg": dmesg}
