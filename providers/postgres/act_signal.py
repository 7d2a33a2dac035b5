"""Ending a statement or a session (P09), pinned to what was seen: cancel first, terminate when that is not enough."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from providers.core.action import Action, Call, Change, DryRun, Option, Permission, Plan, Precondition, Risk, Target
from providers.core.errors import UsageError
from providers.core.text import clean
from providers.postgres.findings import age
from providers.postgres.signal_steps import CANCEL, TERMINATE, Kill, Signal
from providers.postgres.signal_target import KIND, Seen, blockers, freed_lines, look, waiting_lines

if TYPE_CHECKING:
    from providers.postgres.provider import Postgres

_SHOWN = 200


class SignalAction(Action):
    """What cancelling and terminating have in common."""

    id: ClassVar[str]
    title: ClassVar[str]
    kill: ClassVar[Kill]
    risk: ClassVar[Risk]
    rows: ClassVar[tuple[str, ...]] = ("P09", "P02", "P04")
    kinds: ClassVar[frozenset[str]] = frozenset({KIND})
    options: ClassVar[tuple[Option, ...]] = (
        Option("force", "yes: also replication and autovacuum, which are left alone otherwise.", "no"),
    )

    def __init__(self, postgres: Postgres) -> None:
        self._postgres = postgres

    def hindrance(self, target: Target) -> str:
        """Known without asking: whether it is one of our own."""
        if target.kind not in self.kinds:
            return "only backends can be signalled"
        if target.name in map(str, self._postgres.client.own_pids):
            return "this is a session of the console itself"
        return ""

    async def plan(self, target: Target, options: Mapping[str, str]) -> Plan:
        """Read the session, who waits for it, and our rights. Raises UsageError, NotFound, Denied …"""
        forced = options.get("force", "no") or "no"
        if forced not in {"yes", "no"}:
            raise UsageError(f"force is yes or no, not {clean(forced, 40)!r}")
        client = self._postgres.client
        seen = await look(client, target)
        backend, signal = seen.backend, Signal(client, self.kill, seen)
        missing = seen.rights.lacking(backend)
        return Plan(
            action=self.id,
            title=f"{self.kill.verb} backend {backend.pid} ({_who(seen)})",
            rows=self.rows,
            source=f"{client.source} · {client.target} · {client.known_as}",
            target=Target(KIND, str(backend.pid), backend.database, backend.identity),
            risk=self.risk,
            calls=(Call(client.source, "SQL", client.target, signal.shown),),
            diff=(Change(self._changed(seen), clean(backend.query, _SHOWN) or backend.state, None),),
            interrupts=(*freed_lines(seen), *waiting_lines(backend, seen.nodes), *self._lost(seen), _FOR_GOOD),
            preconditions=tuple(Precondition(name, value) for name, value in signal.pins.items()),
            permissions=(missing or Permission("pg_signal_backend", f"for sessions of {backend.user}"),),
            dry_run=DryRun("not offered", "a signal cannot be tried"),
            inverse="",
            equivalent=f"psql {shlex.quote(client.login.conninfo)} -c {shlex.quote(signal.shown)}",
            steps=signal.steps,
            blockers=(*blockers(seen, forced=forced == "yes"), *self._idle(seen, target)),
        )

    def _changed(self, seen: Seen) -> str:
        raise NotImplementedError

    def _lost(self, seen: Seen) -> tuple[str, ...]:
        raise NotImplementedError

    def _idle(self, seen: Seen, target: Target) -> tuple[str, ...]:
        return ()


class CancelBackend(SignalAction):
    """End the statement that runs; the session stays."""

    id: ClassVar[str] = "cancel-backend"
    title: ClassVar[str] = "Cancel the running statement"
    kill: ClassVar[Kill] = CANCEL
    risk: ClassVar[Risk] = Risk.LOW

    def _changed(self, seen: Seen) -> str:
        return f"statement of backend {seen.backend.pid}"

    def _lost(self, seen: Seen) -> tuple[str, ...]:
        # AbortTransaction lets go of all locks at the error, long before the application rolls back.
        return (
            "the application gets error 57014 (query_canceled)",
            f"its transaction of {age(seen.backend.transaction_age)} fails with it: what it wrote is rolled back, and"
            " its locks go, unless a savepoint keeps the outer part",
        )

    def _idle(self, seen: Seen, target: Target) -> tuple[str, ...]:
        backend, wanted = seen.backend, target.identity.rpartition("/")[2]
        if not backend.active and not backend.hidden:
            return (
                f"it runs nothing ({backend.state or backend.backend_type}): only terminating ends its transaction",
            )
        if wanted not in {"", "0"} and wanted != str(backend.query_id):
            return ("it runs another statement than when it was selected: look again",)
        return ()


class TerminateBackend(SignalAction):
    """End the session with all it has open."""

    id: ClassVar[str] = "terminate-backend"
    title: ClassVar[str] = "Terminate the session"
    kill: ClassVar[Kill] = TERMINATE
    risk: ClassVar[Risk] = Risk.HIGH

    def _changed(self, seen: Seen) -> str:
        return f"session of backend {seen.backend.pid}"

    def _lost(self, seen: Seen) -> tuple[str, ...]:
        backend = seen.backend
        lost = (
            "it has no transaction open: nothing is rolled back"
            if backend.transaction_age is None
            else f"its transaction of {age(backend.transaction_age)} is rolled back: what it wrote in it is lost"
        )
        return (
            lost,
            "the application loses the connection, with temporary tables, advisory locks and prepared statements",
        )


_FOR_GOOD = "cannot be taken back: the application has to do it again"


def _who(seen: Seen) -> str:
    backend = seen.backend
    return ", ".join(filter(None, (backend.user, backend.app, backend.state))) or backend.backend_type
