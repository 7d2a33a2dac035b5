"""What was done, by whom, and how it ended: append-only, fsynced, hash-chained."""

from __future__ import annotations

import os
import secrets
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC
from pathlib import Path

import msgspec

from providers.core import audit_file, audit_head
from providers.core.action import Plan, Risk
from providers.core.audit_chain import Verification, prove_tail, read_tail, verify_lines
from providers.core.audit_entry import KINDS, Entry, decode, digest, encode
from providers.core.audit_head import Head, HeadAltered
from providers.core.clock import SYSTEM_CLOCK, Clock
from providers.core.operator import Operator

__all__ = ["Audit", "Entry", "Head", "Scene", "Verification"]


class Scene(msgspec.Struct, frozen=True):
    """Who does something, and where."""

    who: Operator
    environment: str
    production: bool


class Audit:
    """The trail in `directory` (audit.jsonl and audit.head). Shared by all consoles of one user; every call blocks.

    Writing returns once the line is on disk and raises AuditError, with the fix, when it is not. `anchor` is told each
    new head; what it cannot do (OSError) does not stop the console.
    """

    def __init__(
        self, directory: Path, *, clock: Clock = SYSTEM_CLOCK, anchor: Callable[[Head], None] = audit_head.tell_syslog
    ) -> None:
        self.directory = directory
        self._clock = clock
        self._anchor = anchor
        self._seen: Head | None = None

    def intent(self, scene: Scene, plan: Plan, level: Risk, typed: str, reason: str, run: str = "") -> str:
        """Record what is about to be done; returns the id of the run, which its outcome is recorded under."""
        entry = self._draft("intent", scene, plan, run or self.new_id())
        return self._append(
            msgspec.structs.replace(
                entry,
                risk=level.value,
                calls=plan.calls,
                preconditions=plan.preconditions,
                diff=digest(ascii(plan.diff).encode()),
                plan=plan.digest,
                source=plan.source,
                typed=typed,
                reason=reason,
                message=plan.title,
            )
        ).id

    def outcome(self, scene: Scene, plan: Plan, run: str, verdict: str, message: str, kind: str = "outcome") -> Entry:
        """Record how it went: `kind` is sent, outcome, verified or resolved; refused when it never became an intent."""
        return self._append(
            msgspec.structs.replace(self._draft(kind, scene, plan, run), verdict=verdict, message=message)
        )

    def note(
        self,
        scene: Scene,
        kind: str,
        message: str,
        *,
        run: str = "",
        target: str = "",
        action: str = "",
        reason: str = "",
    ) -> Entry:
        """Record what is no change: arm, disarm, reveal (a secret's name, never its value), note, resolved (a run)."""
        return self._append(
            msgspec.structs.replace(
                self._draft(kind, scene, run=run), message=message, target=target, action=action, reason=reason
            )
        )

    def new_id(self) -> str:
        """A name for one run that sorts by time."""
        return f"{self._clock.now().astimezone(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(4)}"

    def read(self, since: int = 0) -> Iterator[Entry]:
        """Entries with a number above `since`, oldest first, in bounded memory; what is none is left out."""
        with suppress(FileNotFoundError), audit_file.opened(self.directory, write=False) as descriptor:
            size = os.fstat(descriptor).st_size
            audit_file.unlock(descriptor)
            for raw in audit_file.lines(descriptor, size):
                entry = decode(raw.removesuffix(b"\n"))
                if entry is not None and entry.seq > since:
                    yield entry

    def tail(self, count: int) -> list[Entry]:
        """The newest `count` entries, oldest first, read from the end."""
        newest: deque[Entry] = deque()
        with suppress(FileNotFoundError), audit_file.opened(self.directory, write=False) as descriptor:
            size = os.fstat(descriptor).st_size
            audit_file.unlock(descriptor)
            for raw in audit_file.lines_backwards(descriptor, size):
                if len(newest) >= count:
                    break
                entry = decode(raw.removesuffix(b"\n"))
                if entry is not None:
                    newest.appendleft(entry)
        return list(newest)

    def unfinished(self) -> list[Entry]:
        """Intents that nothing says the end of, oldest first; the message says whether the request was sent."""
        waiting: dict[str, Entry] = {}
        for entry in self.read():
            match entry.kind:
                case "intent":
                    waiting[entry.id] = msgspec.structs.replace(entry, message=f"{entry.message}: not sent")
                case "sent" if entry.id in waiting:
                    began = waiting[entry.id]
                    told = began.message.removesuffix(": not sent") + ": sent, its outcome is not recorded"
                    waiting[entry.id] = msgspec.structs.replace(began, message=told)
                case "outcome" | "resolved":
                    waiting.pop(entry.id, None)
        return list(waiting.values())

    def verify(self) -> Verification:
        """Prove the whole trail; names the first bad line and why. Raises AuditError when it cannot be read."""
        try:
            with audit_file.opened(self.directory, write=False) as descriptor:
                size = os.fstat(descriptor).st_size
                head = audit_head.read(self.directory)
                audit_file.unlock(descriptor)
                return verify_lines(audit_file.lines(descriptor, size), head)
        except FileNotFoundError:
            return verify_lines(iter(()), audit_head.read(self.directory))
        except HeadAltered as error:
            return Verification(False, 0, None, f"anchor: {error.message}", "anchor")

    def _draft(self, kind: str, scene: Scene, plan: Plan | None = None, run: str = "") -> Entry:
        if kind not in KINDS:
            raise ValueError(f"{kind} is no kind of audit entry")
        at = self._clock.now().astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        entry = Entry(1, 0, at, kind, scene.who, os.getpid(), run, scene.environment, scene.production)
        if plan is None:
            return entry
        target = plan.target
        return msgspec.structs.replace(
            entry,
            target=target.label,
            namespace=target.namespace,
            identity=target.identity,
            action=plan.action,
        )

    def _append(self, draft: Entry) -> Entry:
        with audit_file.opened(self.directory, write=True) as descriptor:
            try:
                size = os.fstat(descriptor).st_size
                tail = read_tail(audit_file.lines_backwards(descriptor, size))
                prove_tail(tail, audit_head.read(self.directory), self._seen)
                entry = msgspec.structs.replace(draft, seq=tail.seq + 1, prev=tail.prev)
                line = encode(entry)
                audit_file.append(descriptor, (b"" if tail.closed else b"\n") + line + b"\n")
                head = Head(entry.seq, digest(line))
                self._seen = head
                audit_head.write(self.directory, head)
            except OSError as error:
                raise audit_file.unusable(self.directory, error) from error
        with suppress(OSError):
            self._anchor(head)
        return entry
