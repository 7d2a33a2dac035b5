"""df (coreutils 8.32)."""

from __future__ import annotations

from collections.abc import Callable

from sandbox.hosts.call import Call, Command, Options, tool
from sandbox.hosts.facts import Disk

_UNITS = "KMGTP"
# Least widths of the columns, from the coreutils' own table.
_SOURCE, _KIND, _FIGURE, _SHARE = 14, 4, 5, 4
_LONG = (
    "all", "block-size=", "human-readable", "inodes", "kilobytes", "local", "portability", "print-type", "type=",
    "exclude-type=",
)  # fmt: skip


@tool("ahiklPTt:x:", _LONG, hint=True)
async def df(call: Call, options: Options, operands: list[str]) -> int:
    """Disks: of all, or of those that hold some paths."""
    disks, code = call.host.model.disks(call.at), 0
    if operands:
        disks, code = await _holding(call, disks, operands)
    disks = [disk for disk in disks if _wanted(disk, options)]
    if disks:
        await call.say("\n".join(_lines(disks, options)))
    elif not code:
        return await call.complain("df: no file systems processed")
    return code


async def _holding(call: Call, disks: list[Disk], paths: list[str]) -> tuple[list[Disk], int]:
    held, code = [], 0
    for path in paths:
        around = [d for d in disks if path == d.mount or path.startswith(d.mount.rstrip("/") + "/")]
        known = path in (d.mount for d in disks) or call.read(path) is not None or call.listing(path) is not None
        if known and around:
            held.append(max(around, key=lambda disk: len(disk.mount)))
        else:
            code = await call.complain(f"df: {path}: No such file or directory")
    return held, code


def _wanted(disk: Disk, options: Options) -> bool:
    only, without = options.all("t", "type"), options.all("x", "exclude-type")
    return (not only or disk.kind in only) and disk.kind not in without


def _lines(disks: list[Disk], options: Options) -> list[str]:
    typed = options.has("T", "print-type")
    rows = [_head(options), *(_row(disk, options) for disk in disks)]
    if not typed:
        rows = [[row[0], *row[2:]] for row in rows]
    least = [_SOURCE, *([_KIND] if typed else []), _FIGURE, _FIGURE, _FIGURE, _SHARE]
    widths = [max(low, *(len(row[i]) for row in rows)) for i, low in enumerate(least)]
    return [_aligned(row, widths, 2 if typed else 1) for row in rows]


def _aligned(row: list[str], widths: list[int], left: int) -> str:
    """Words to the left, figures to the right; what is mounted where is the last and needs no width."""
    cells = [cell.ljust(w) if i < left else cell.rjust(w) for i, (cell, w) in enumerate(zip(row, widths, strict=False))]
    return " ".join([*cells, row[-1]])


def _head(options: Options) -> list[str]:
    if options.has("i", "inodes"):
        return ["Filesystem", "Type", "Inodes", "IUsed", "IFree", "IUse%", "Mounted on"]
    share = "Capacity" if options.has("P", "portability") else "Use%"
    if options.has("h", "human-readable"):
        return ["Filesystem", "Type", "Size", "Used", "Avail", share, "Mounted on"]
    size = "1024-blocks" if options.has("P", "portability") else "1K-blocks"
    return ["Filesystem", "Type", size, "Used", "Available", share, "Mounted on"]


def _row(disk: Disk, options: Options) -> list[str]:
    human = options.has("h", "human-readable")
    if options.has("i", "inodes"):
        written: Callable[[int], str] = human_size if human else str
        figures = (disk.inodes, disk.inodes_used, disk.inodes_free)
    else:
        written = (lambda kib: human_size(kib * 1024)) if human else str
        figures = (disk.size, disk.used, disk.free)
    return [disk.source, disk.kind, *map(written, figures), _share(figures[1], figures[2]), disk.mount]


def _share(used: int, free: int) -> str:
    return f"{-(-used * 100 // (used + free))}%" if used + free else "-"


def human_size(size: int) -> str:
    """As the coreutils round: always up, one decimal below ten."""
    scale = 1
    for letter in ("", *_UNITS):
        tenths, whole = -(-size * 10 // scale), -(-size // scale)
        if letter and tenths < 100:
            return f"{tenths // 10}.{tenths % 10}{letter}"
        if whole < 1024:
            return f"{whole}{letter}"
        scale *= 1024
    return f"{whole}{_UNITS[-1]}"


COMMANDS: dict[str, Command] = {"df": df}
