"""The record of changes to one resource: what a watch resumes from, bounded."""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

import msgspec

from sandbox.cluster.kinds import Kind
from sandbox.cluster.seams import Manifest


@dataclass(frozen=True)
class Record:
    """One version of one object. `bare` is its JSON without kind and apiVersion, as lists carry it."""

    kind: Kind
    namespace: str
    name: str
    revision: int
    obj: Manifest
    bare: bytes = field(repr=False)

    @property
    def full(self) -> bytes:
        """The whole object as JSON."""
        return self.kind.head + self.bare[1:]

    def copy(self) -> Manifest:
        """A private copy of the object; decoding is several times faster than copy.deepcopy."""
        copied: Manifest = msgspec.json.decode(self.full)
        return copied


@dataclass(frozen=True)
class Change:
    """One step: `type` is ADDED, MODIFIED or DELETED; `previous` is the version it replaced."""

    revision: int
    type: str
    record: Record
    previous: Record | None

    @cached_property
    def line(self) -> bytes:
        """The change as one line of a watch."""
        return b'{"type":"%b","object":%b}\n' % (self.type.encode(), self.record.full)


class Journal:
    """The last changes of one resource, oldest first. Readers hold a revision, not a queue, so that none can grow."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._changes: list[Change] = []
        self._readers: set[asyncio.Event] = set()
        self.dropped = 0
        """The newest revision that is no longer kept; a reader must have seen it already."""

    def append(self, change: Change) -> None:
        self._changes.append(change)
        if len(self._changes) >= 2 * self._capacity:
            self.dropped = self._changes[self._capacity - 1].revision
            del self._changes[: self._capacity]
        for reader in self._readers:
            reader.set()

    def since(self, revision: int) -> list[Change]:
        """The changes after `revision`. The caller has compared it with `dropped`."""
        start = bisect_right(self._changes, revision, key=_revision)
        return self._changes[start:]

    def newest(self) -> Iterator[Change]:
        """The kept changes, newest first."""
        return reversed(self._changes)

    def attach(self, reader: asyncio.Event) -> None:
        self._readers.add(reader)

    def detach(self, reader: asyncio.Event) -> None:
        self._readers.discard(reader)


def _revision(change: Change) -> int:
    return change.revision
