"""Commands that need nothing but their streams: echo, cat, grep, head, tail, wc, sort, yes, true, false."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

from sandbox.shell.call import Call, Command


async def echo(call: Call) -> int:
    """Print the arguments; -n without newline."""
    args = list(call.args)
    bare = bool(args and args[0] == "-n")
    text = " ".join(args[1:] if bare else args)
    await call.out.write(text.encode() + (b"" if bare else b"\n"))
    return 0


async def true(call: Call) -> int:
    """0."""
    return 0


async def false(call: Call) -> int:
    """1."""
    return 1


async def cat(call: Call) -> int:
    """Files, or stdin."""
    names = call.operands()
    if not names:
        while chunk := await call.stdin.read():
            await call.out.write(chunk)
        return 0
    code = 0
    for name in names:
        content = call.read(name)
        if content is None:
            code = await call.cannot_read(name)
        else:
            await call.out.write(content)
    return code


async def _lines(call: Call, names: list[str]) -> AsyncIterator[bytes]:
    if not names:
        async for line in call.stdin.lines():
            yield line
    for name in names:
        for line in (call.read(name) or b"").splitlines():
            yield line


async def grep(call: Call) -> int:
    """Basic: -i -v -c -q -E -F -o."""
    flags = "".join(a[1:] for a in call.args if a.startswith("-") and not a.startswith("--"))
    operands = call.operands("-m", "-A", "-B")
    if not operands:
        return await call.complain("Usage: grep [-ivcqEFo] PATTERN [FILE]...", 2)
    wanted = re.escape(operands[0]) if "F" in flags else operands[0].replace("\\|", "|")
    pattern = re.compile(wanted.encode(), re.IGNORECASE if "i" in flags else 0)
    count = 0
    async for line in _lines(call, operands[1:]):
        found = pattern.search(line)
        if bool(found) == ("v" in flags):
            continue
        count += 1
        if "q" in flags:
            return 0
        if "c" not in flags:
            await call.out.write((found[0] if found and "o" in flags else line) + b"\n")
    if "c" in flags:
        await call.say(str(count))
    return 0 if count else 1


def _count(call: Call) -> int:
    given = call.option("-n", "-c")
    if given is None:
        given = next((a[1:] for a in call.args if re.fullmatch(r"-\d+", a)), "10")
    return int(given or 10)


async def head(call: Call) -> int:
    """The first lines."""
    left = _count(call)
    async for line in _lines(call, call.operands("-n")):
        if left <= 0:
            break
        await call.out.write(line + b"\n")
        left -= 1
        if not left:
            break
    return 0


async def tail(call: Call) -> int:
    """The last lines."""
    kept: list[bytes] = []
    count = _count(call)
    async for line in _lines(call, call.operands("-n")):
        kept = [*kept[-(count - 1) :], line] if count > 1 else [line]
    await call.out.write(b"".join(line + b"\n" for line in kept))
    return 0


async def wc(call: Call) -> int:
    """Lines, words, bytes; -l and -c."""
    lines = words = size = 0
    async for line in _lines(call, call.operands()):
        lines, words, size = lines + 1, words + len(line.split()), size + len(line) + 1
    figures = {"-l": lines, "-w": words, "-c": size}
    chosen = [str(figures[a]) for a in call.args if a in figures]
    await call.say(" ".join(chosen) if chosen else f"{lines:>7} {words:>7} {size:>7}")
    return 0


async def sort(call: Call) -> int:
    """Lines in order; -r."""
    found = [line async for line in _lines(call, call.operands())]
    for line in sorted(found, reverse="-r" in call.args):
        await call.out.write(line + b"\n")
    return 0


async def tr(call: Call) -> int:
    """Replace or delete (-d) single characters."""
    sets = [s.encode().decode("unicode_escape") for s in call.operands()]
    gone = "-d" in call.args
    table = {ord(c): (None if gone else sets[1][min(i, len(sets[1]) - 1)]) for i, c in enumerate(sets[0])}
    while chunk := await call.stdin.read():
        await call.out.write(chunk.decode(errors="replace").translate(table).encode())
    return 0


async def yes(call: Call) -> int:
    """Without end."""
    line = " ".join(call.args or ["y"]).encode() + b"\n"
    while True:
        await call.out.write(line * 512)


COMMANDS: dict[str, Command] = {
    "echo": echo, "cat": cat, "grep": grep, "egrep": grep, "head": head, "tail": tail, "wc": wc, "sort": sort,
    "tr": tr, "yes": yes, "true": true, "false": false,
}  # fmt: skip
