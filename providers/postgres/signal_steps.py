"""One signal to one session: sent by one statement that finds exactly what was confirmed, then watched and judged."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Sequence
from datetime import UTC, datetime
from typing import Final

import msgspec

from providers.core.action import Progress, Stage, Steps
from providers.core.check import Evidence, Finding, Verdict
from providers.core.errors import Conflict, NotFound
from providers.core.following import followed
from providers.postgres.activity import backends
from providers.postgres.client import PgClient
from providers.postgres.rights import rights
from providers.postgres.signal_target import Seen
from providers.postgres.values import Backend

ROW: Final = "P09"
EVERY: Final = 0.3
LONGEST: Final = 60.0
"""Seconds after which a signal that shows no effect is called stuck."""
WAKING: Final = 3.0
"""Seconds that a session may take to go on."""


class Kill(msgspec.Struct, frozen=True):
    """One of the two signals."""

    verb: str
    function: str
    pins_statement: bool


CANCEL: Final = Kill("Cancel", "pg_cancel_backend", True)
TERMINATE: Final = Kill("Terminate", "pg_terminate_backend", False)


class Signal:
    """`pins` are conditions of the statement: when session or statement is another one, it finds no row."""

    def __init__(self, client: PgClient, kill: Kill, seen: Seen) -> None:
        self._client = client
        self._kill = kill
        self._seen = seen
        self._backend = seen.backend
        self._freed = {backend.uid: backend for backend in seen.freed}

    @property
    def pins(self) -> dict[str, str]:
        """Column to value, as they are compared."""
        moments = {"backend_start": self._backend.backend_start}
        if self._kill.pins_statement:
            moments["query_start"] = self._backend.query_start
        shown = {name: moment.isoformat() if moment else "unknown" for name, moment in moments.items()}
        return {"pid": str(self._backend.pid), **shown, **({"state": "active"} if self._kill.pins_statement else {})}

    @property
    def shown(self) -> str:
        """The statement as it is sent, with its values in place."""
        tests = " AND ".join(f"{name} = {_literal(value)}" for name, value in self.pins.items())
        return f"SELECT {self._kill.function}(pid) FROM pg_stat_activity WHERE {tests}"  # noqa: S608 - only shown

    @property
    def steps(self) -> Steps:
        return Steps(self._permit, self._apply, self._settled, self._follow, self._verify)

    async def _permit(self) -> str:
        missing = (await rights(self._client, self._backend.pid)).lacking(self._backend)
        return str(missing) if missing else ""

    async def _apply(self) -> str:
        tests = " AND ".join(f"{name} = %({name})s" for name in self.pins)
        text = f"SELECT /* fusion-console */ {self._kill.function}(pid) AS sent FROM pg_stat_activity WHERE {tests}"  # noqa: S608 - names of columns
        given = {
            "pid": self._backend.pid,
            "backend_start": self._backend.backend_start,
            "query_start": self._backend.query_start,
            "state": "active",
        }
        rows = await self._client.act(text.encode(), given)
        if not rows:
            what = "statement" if self._kill.pins_statement else "session"
            raise Conflict(f"that {what} had ended already", source=self._client.source, fix="look again")
        if not rows[0]["sent"]:
            raise NotFound("the server found no such process", source=self._client.source, fix="look again")
        return f"{self._kill.function}({self._backend.pid}) was sent"

    async def _settled(self) -> bool | None:
        return self._over(await self._now())

    async def _now(self) -> Backend | None:
        """The session as it is; None when it is gone, or another one has its pid."""
        found = await backends(self._client, [self._backend.pid])
        return next((one for one in found if one.backend_start == self._backend.backend_start), None)

    def _over(self, now: Backend | None) -> bool:
        if now is None:
            return True
        return self._kill.pins_statement and (not now.active or now.query_start != self._backend.query_start)

    def _follow(self) -> AsyncGenerator[Progress, None]:
        """Until the statement, or the session, has ended; a cut of the database is waited out."""
        late = f"no effect after {LONGEST:g} s: it does not get to look at signals (I/O, rollback)"
        return followed(self._look, every=EVERY, longest=LONGEST, late=late)

    async def _look(self) -> Progress:
        now = await self._now()
        if now is None:
            return Progress(Stage.DONE, f"backend {self._backend.pid} is gone", 1.0)
        if self._over(now):
            return Progress(Stage.DONE, f"the statement has ended; the session is {now.state}", 1.0)
        return Progress(Stage.RUNNING, f"it is still there: {now.state}{f', {now.wait}' if now.wait else ''}")

    async def _verify(self) -> Sequence[Finding]:
        """Whether those it freed go on."""
        if not self._freed:
            return (self._finding(Verdict.PASS, "nobody had waited for it", "no session was held up"),)
        if still := await self._still_waiting():
            quote = ", ".join(f"{one.pid} {one.wait}" for one in still[:10])
            summary = f"{len(still)} of {len(self._freed)} sessions still wait for a lock"
            return (self._finding(Verdict.WARN, summary, quote),)
        summary = f"all {len(self._freed)} sessions that waited only for it go on"
        return (self._finding(Verdict.PASS, summary, ", ".join(self._freed)),)

    async def _still_waiting(self) -> list[Backend]:
        """Those it freed that wait all the same, after they had time to wake up."""
        end = time.monotonic() + WAKING
        while True:
            found = await backends(self._client, [backend.pid for backend in self._freed.values()])
            still = [one for one in found if one.uid in self._freed and one.wait_event_type == "Lock"]
            if not still or time.monotonic() > end:
                return still
            await asyncio.sleep(EVERY)

    def _finding(self, verdict: Verdict, summary: str, quote: str) -> Finding:
        evidence = Evidence(self._client.source, quote, datetime.now(UTC))
        return Finding(ROW, f"backend/{self._backend.pid}", verdict, summary, (evidence,))


def _literal(value: str) -> str:
    return value if value.isdecimal() else f"'{value}'"
