"""The System V segment by which a postmaster keeps others off its data directory: one that is killed leaves it."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

_IPC_RMID: Final = 0
_NOTED: Final = 6
"""Line of postmaster.pid, from 0, with key and id of the segment (LOCK_FILE_LINE_SHMEM_KEY in miscadmin.h)."""
_TABLE: Final = Path("/proc/sysvipc/shm")

Segment = tuple[int, int]
"""Key and id."""


def release(estate: Path) -> bool:
    """Remove the segments of the postmasters that have run in this directory of an estate and are gone.

    False while sessions that outlive their postmaster for a moment still hold one.
    """
    noted = {found for note in estate.glob("*/data/postmaster.pid") if (found := _noted(note))}
    held = {segment: int(attached) for segment, attached in _table() if segment in noted}
    for (_, number), attached in held.items():
        if not attached:
            ctypes.CDLL(None).shmctl(number, _IPC_RMID, None)
    return not any(held.values())


def _noted(note: Path) -> Segment | None:
    with suppress(OSError, ValueError, IndexError):
        key, number = note.read_text().splitlines()[_NOTED].split()
        return int(key), int(number)
    return None


def _table() -> Iterator[tuple[Segment, str]]:
    """What there is, and how many are attached to it. The key counts: a number alone may be somebody else's by now."""
    with suppress(OSError):
        for row in (line.split() for line in _TABLE.read_text().splitlines()[1:]):
            yield (int(row[0]), int(row[1])), row[6]
