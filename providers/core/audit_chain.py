"""Proof of the audit trail: every line keeps the digest of what came before it, and the head is kept apart.

A line keeps the SHA-256 of the line before. Where a crash or a full disk left unfinished lines in between, it keeps
that of the last whole line and everything after it, so that nothing in the file is uncovered.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from providers.core.audit_entry import GENESIS, Entry, decode, digest
from providers.core.audit_head import Head
from providers.core.errors import AuditError

_FARTHEST: Final = 8 << 20
"""Bytes of unfinished lines the end of a trail may have before it is called broken."""


class Verification(msgspec.Struct, frozen=True):
    """Whether the trail is whole. `fault_line` is the first bad line, counted from 1.

    `reason` is edited, reordered, deleted, cut, torn or anchor ("" when whole); `torn` the lines that a crash or a full
    disk left unfinished and later ones are chained over; `head` the digest of the last entry, to compare with the
    system's log.
    """

    ok: bool
    lines: int
    fault_line: int | None
    message: str
    reason: str = ""
    torn: tuple[int, ...] = ()
    head: str = ""


class Tail(msgspec.Struct, frozen=True):
    """The end of a trail, as the next line needs it."""

    seq: int = 0
    prev: str = GENESIS
    closed: bool = True
    """Whether it ends with a newline."""
    whole: Head = Head(0, GENESIS)
    """The last entry that was finished."""


def read_tail(backwards: Iterable[bytes]) -> Tail:
    """Find the end of a trail from its raw lines, last first. Raises AuditError when there is no entry within 8 MiB."""
    after: list[bytes] = []
    for raw in backwards:
        entry = decode(raw.removesuffix(b"\n")) if raw.endswith(b"\n") else None
        after.append(raw)
        if entry is not None:
            return _tail(after, Head(entry.seq, digest(raw.removesuffix(b"\n"))))
        if sum(map(len, after)) > _FARTHEST:
            raise AuditError("the end of the audit trail is not readable", fix="fusion-console audit verify")
    return _tail(after, Head(0, GENESIS))


def _tail(after: list[bytes], whole: Head) -> Tail:
    if not after:
        return Tail()
    closed = after[0].endswith(b"\n")
    unfinished = None if closed else decode(after[0])
    if unfinished is not None:  # all but its newline was written
        return Tail(unfinished.seq, digest(after[0]), False, whole)
    return Tail(whole.seq, digest(b"".join(reversed(after)).removesuffix(b"\n")), closed, whole)


def prove_tail(tail: Tail, kept: Head | None, seen: Head | None) -> None:
    """Refuse to chain on to a trail that lost or changed its end. Raises AuditError.

    `kept` is the head beside the trail, `seen` the newest line this process knows of.
    """
    if kept is None and tail.seq > 1:
        raise _broken("its head (audit.head) is missing")
    for head in (kept, seen):
        if head is None:
            continue
        if head.seq > tail.whole.seq:
            raise _broken(f"it ends at entry {tail.whole.seq}, but {head.seq} were written")
        if head.seq == tail.whole.seq and head.sha256 != tail.whole.sha256:
            raise _broken(f"entry {head.seq} is not what was written")


def _broken(what: str) -> AuditError:
    return AuditError(
        f"the audit trail does not prove true: {what}",
        fix="fusion-console audit verify; keep the directory as evidence, move it away, start the console anew",
    )


def verify_lines(lines: Iterator[bytes], head: Head | None) -> Verification:
    """Read a whole trail (raw lines with newline) against its kept head; bounded memory."""
    return _Walk(lines, head).result()


class _Walk:
    def __init__(self, lines: Iterator[bytes], head: Head | None) -> None:
        self._lines = lines
        self._head = head
        self._number = 0
        self._seq = 0
        self._anchored = GENESIS  # digest of the entry the head names
        self._last = GENESIS
        self._since = hashlib.sha256()  # the last entry and all that follows, without the newest newline
        self._empty = True
        self._pending: list[int] = []
        self._torn: list[int] = []

    def result(self) -> Verification:
        for raw in self._lines:
            self._number += 1
            body = raw.removesuffix(b"\n")
            entry = decode(body) if raw.endswith(b"\n") else None
            if entry is None:
                self._pending.append(self._number)
                self._extend(body)
                continue
            if fault := self._judge(entry, body):
                return fault
            self._accept(entry, body)
        return self._end()

    def _extend(self, body: bytes) -> None:
        if not self._empty:
            self._since.update(b"\n")
        self._since.update(body)
        self._empty = False

    def _accept(self, entry: Entry, body: bytes) -> None:
        self._torn += self._pending
        self._pending = []
        self._seq = entry.seq
        self._since = hashlib.sha256(body)
        self._empty = False
        self._last = self._since.hexdigest()
        if self._head is not None and self._head.seq == entry.seq:
            self._anchored = self._last

    def _judge(self, entry: Entry, body: bytes) -> Verification | None:
        expected = GENESIS if self._empty else self._since.hexdigest()
        follows, chained = entry.seq == self._seq + 1, entry.prev == expected
        if follows and chained:
            return None
        if self._pending:
            return self._fault("edited", self._pending[0], "is no entry any more")
        if chained:
            return self._fault("edited", self._number, "has another number than it was written with")
        if follows:
            return self._edited(entry, digest(body))
        return self._moved(entry)

    def _edited(self, entry: Entry, own: str) -> Verification:
        # Which of two neighbours was changed: this line is whole when the next one, or the head, still knows it.
        after = decode(next(self._lines, b"").removesuffix(b"\n"))
        known = after.prev if after is not None else self._kept_digest(entry.seq)
        return self._fault("edited", max(1, self._number - (known == own)), "was changed after it was written")

    def _kept_digest(self, seq: int) -> str:
        return self._head.sha256 if self._head is not None and self._head.seq == seq else ""

    def _moved(self, entry: Entry) -> Verification:
        wanted = self._seq + 1
        later = (decode(raw.removesuffix(b"\n")) for raw in self._lines)
        if entry.seq <= self._seq or any(found is not None and found.seq == wanted for found in later):
            return self._fault("reordered", self._number, f"is entry {entry.seq}; entry {wanted} belongs here")
        gone = f"entry {wanted}" if entry.seq == wanted + 1 else f"entries {wanted} to {entry.seq - 1}"
        return self._fault("deleted", self._number, f"follows on a gap: {gone} gone")

    def _end(self) -> Verification:
        head = self._head
        if head is None and self._seq > 1:
            return self._fault("anchor", self._number, "is the last, but the head (audit.head) is missing")
        if head is not None and head.seq > self._seq:
            return self._cut(head)
        if head is not None and head.sha256 != self._anchored:
            line = self._number if head.seq == self._seq else None
            return self._fault("edited", line, f"entry {head.seq} and audit.head differ: one of them was changed")
        if self._pending:
            return self._fault(
                "torn", self._pending[0], "was never finished (a crash, a full disk); the next covers it"
            )
        return Verification(True, self._number, None, self._praise(), torn=tuple(self._torn), head=self._last)

    def _cut(self, head: Head) -> Verification:
        if self._pending and head.seq == self._seq + 1:
            return self._fault("edited", self._pending[0], f"is not entry {head.seq} as it was written (audit.head)")
        what = f"the trail ends at entry {self._seq}, but {head.seq} were written (audit.head): its end was cut off"
        return self._fault("cut", self._number + 1, what)

    def _fault(self, reason: str, line: int | None, what: str) -> Verification:
        where = f"line {line} " if line is not None and not what.startswith(("the ", "entry ")) else ""
        return Verification(
            False, self._number, line, f"{reason}: {where}{what}", reason, tuple(self._torn), head=self._last
        )

    def _praise(self) -> str:
        if not self._number:
            return "nothing recorded yet"
        torn = f"; {len(self._torn)} unfinished lines kept (a crash, a full disk)" if self._torn else ""
        return f"whole: {self._seq} entries, head sha256 {self._last}{torn}"
