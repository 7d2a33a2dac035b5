"""One line of a log, as bytes."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec


class Origin(msgspec.Struct, frozen=True):
    """Who wrote a line: `name` (a pod), its `part` (a container), and `life`, which differs after a replacement."""

    name: str
    part: str = ""
    life: str = ""

    @property
    def label(self) -> str:
        return f"{self.name}/{self.part}" if self.part else self.name


class Line(msgspec.Struct, frozen=True, gc=False):
    """`stamp` is the server's own time text (RFC 3339, UTC); `text` the raw bytes after it, as they were written."""

    origin: Origin
    stamp: bytes
    text: bytes


def order_of(stamp: bytes) -> bytes:
    """A key that sorts stamps by time: servers trim zeros at the end of a second's fraction."""
    return stamp[:-1] if stamp.endswith(b"Z") else stamp


def moment(stamp: bytes) -> datetime | None:
    """The time of a stamp (UTC, to the microsecond)."""
    try:
        return datetime.fromisoformat(stamp[:26].decode().rstrip("Z")).replace(tzinfo=UTC)
    except ValueError:
        return None
