"""Who a directory belongs to, so that what a killed estate left behind can be removed and nothing else."""

from __future__ import annotations

import json
import os
import shutil
import signal
from contextlib import suppress
from pathlib import Path

from sandbox.postgres.segments import release

MARK = "owner.json"
CHILDREN = "children"


def started_at(pid: int) -> str:
    """The start time of a process in clock ticks, "" when there is none: a pid alone may be somebody else's by now."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""


def leave_mark(directory: Path) -> None:
    """Say whose directory it is."""
    pid = os.getpid()
    (directory / MARK).write_text(json.dumps({"pid": pid, "started": started_at(pid)}))


def alive(directory: Path) -> bool:
    """Whether the owner still runs; a directory without a readable mark counts as alive, it is not ours to judge."""
    try:
        mark = json.loads((directory / MARK).read_text())
    except (OSError, ValueError):
        return True
    return not mark["started"] or started_at(mark["pid"]) == mark["started"]


def record(directory: Path, pid: int) -> None:
    """Note a process that belongs to the directory."""
    notes = directory / CHILDREN
    notes.mkdir(mode=0o700, exist_ok=True)
    (notes / str(pid)).write_text(started_at(pid))


def disown(directory: Path, pid: int) -> None:
    """Forget a process that has ended."""
    (directory / CHILDREN / str(pid)).unlink(missing_ok=True)


def end_children(directory: Path) -> None:
    """Kill what still runs of the processes that belong to the directory."""
    for note in (directory / CHILDREN).glob("[0-9]*"):
        pid = int(note.name)
        # Where start times cannot be read (no /proc), the pid may be somebody else's by now: leave it alone.
        if (started := note.read_text()) and started_at(pid) == started:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(pid, signal.SIGKILL)


def sweep(parent: Path, prefix: str) -> list[Path]:
    """Remove the directories of this user whose owners are gone, and what still runs in them; returns them."""
    dead = [d for d in parent.glob(f"{prefix}*") if d.is_dir() and d.stat().st_uid == os.getuid() and not alive(d)]
    for directory in dead:
        end_children(directory)
        release(directory)
        shutil.rmtree(directory, ignore_errors=True)
    return dead


def living(parent: Path, prefix: str) -> list[Path]:
    """The directories of this user whose owners run, newest first."""
    mine = [d for d in parent.glob(f"{prefix}*") if d.is_dir() and d.stat().st_uid == os.getuid()]
    return sorted((d for d in mine if alive(d)), key=lambda d: d.stat().st_mtime, reverse=True)
