"""journalctl (systemd 252)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from sandbox.hosts.call import Call, Command, Options, tool
from sandbox.hosts.commands.entries import FORMS
from sandbox.hosts.commands.query import LAST, Query, Unreadable, query_of
from sandbox.hosts.facts import Line

_LOOK = 1.0
"""Longest pause between two looks of a follower, in seconds: a fault may make lines that nobody could foresee."""
_CHUNK = 200
_LONG = (
    "unit=", "follow", "lines=", "since=", "until=", "output=", "no-pager", "quiet", "utc", "boot", "reverse",
    "priority=", "dmesg", "grep=", "no-hostname", "no-tail", "no-full", "full", "all", "system", "pager-end",
)  # fmt: skip


async def journalctl(call: Call) -> int:
    """-u -f -n -S -U -o -p -k -g -r -q."""
    # The number of -n may be missing, which getopt(3) knows no way to say without gluing it on.
    args, glued = list(call.args), list[str]()
    while args:
        arg = args.pop(0)
        if arg in ("-n", "--lines"):
            given = args and not args[0].startswith("-")
            arg = f"--lines={args.pop(0) if given else LAST}"
        glued.append(arg)
    return await _journalctl(call.again([call.argv[0], *glued]))


@tool("u:fn:S:U:o:qbrp:kg:ael", _LONG)
async def _journalctl(call: Call, options: Options, operands: list[str]) -> int:
    if operands:
        return await call.complain(f"Failed to add match '{operands[0]}': Invalid argument")
    follow, form = options.has("f", "follow"), options.value("o", "output") or "short"
    if form not in FORMS:
        return await call.complain(f"Unknown output format '{form}'.")
    try:
        query = query_of(options, call.at, follow=follow)
    except Unreadable as wrong:
        return await call.complain(str(wrong))
    lines: Iterable[Line] = query.begin(call.host, min(query.until, call.at))
    shown = await _write(call, reversed([*lines]) if options.has("r", "reverse") else lines, form)
    if follow:
        return await _follow(call, query, form)
    if not shown and not options.has("q", "quiet"):
        await call.say("-- No entries --")
    return 0


async def _write(call: Call, lines: Iterable[Line], form: str) -> int:
    """Write in chunks, so that others run meanwhile; returns how many."""
    written, chunk = 0, list[str]()
    for line in lines:
        chunk.append(FORMS[form](call.host, line) + "\n")
        written += 1
        if len(chunk) == _CHUNK:
            await call.out.write("".join(chunk).encode())
            chunk.clear()
    if chunk:
        await call.out.write("".join(chunk).encode())
    return written


async def _follow(call: Call, query: Query, form: str) -> int:
    host, seen = call.host, call.at
    while True:
        await asyncio.sleep(max(0.0, min(host.model.journal.next_after(seen) - host.now(), _LOOK)))
        now = host.now()
        await _write(call, query.between(host, seen, now), form)
        seen = now


COMMANDS: dict[str, Command] = {"journalctl": journalctl}
