"""Beginning the statement statistics anew (D08): what is lost is shown first."""

from __future__ import annotations

import shlex
from collections.abc import AsyncGenerator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar, Final

from providers.core.action import (
    Action,
    Call,
    Change,
    DryRun,
    Option,
    Permission,
    Plan,
    Precondition,
    Progress,
    Risk,
    Stage,
    Steps,
    Target,
)
from providers.core.check import Evidence, Finding, Verdict
from providers.core.errors import Conflict, NotFound
from providers.postgres.client import PgClient
from providers.postgres.rights import rights
from providers.postgres.statements import Extension, required, statement_rows

if TYPE_CHECKING:
    from providers.postgres.provider import Postgres

KIND: Final = "statements"
NAME: Final = "pg_stat_statements"
_DATED: Final = 140000
"""The form of the extension from which on it tells when it was reset, so that the server can compare."""


class ResetStatements(Action):
    """Throw all of pg_stat_statements away, for every database of the server."""

    id: ClassVar[str] = "reset-statements"
    title: ClassVar[str] = "Reset the statement statistics"
    risk: ClassVar[Risk] = Risk.HIGH
    rows: ClassVar[tuple[str, ...]] = ("D08",)
    kinds: ClassVar[frozenset[str]] = frozenset({KIND})
    options: ClassVar[tuple[Option, ...]] = ()

    def __init__(self, postgres: Postgres) -> None:
        self._postgres = postgres

    def hindrance(self, target: Target) -> str:
        """Known without asking: nothing but the kind."""
        return "" if target.kind in self.kinds else "only statement statistics can be reset"

    async def plan(self, target: Target, options: Mapping[str, str]) -> Plan:
        """Read what is there. Raises NotFound when the extension is not, Denied …"""
        client = self._postgres.client
        found = await required(client)
        rows = await statement_rows(client, found)
        reset = _Reset(client, found, rows[0]["since"] if rows else None)
        if target.identity and target.identity != reset.identity:
            raise NotFound("they were reset since they were selected", source=client.source, fix="look again")
        missing = await reset.permit()
        return Plan(
            action=self.id,
            title=f"Reset {NAME} of {client.target}",
            rows=self.rows,
            source=f"{client.source} · {client.target} · {client.known_as}",
            target=Target(KIND, NAME, found.database, reset.identity),
            risk=self.risk,
            calls=(Call(client.source, "SQL", client.target, reset.shown),),
            diff=_lost(rows, reset.identity),
            interrupts=(
                "statistics of every database and role are lost, for everybody who reads them",
                "means since the reset, and what is compared with them, begin at nothing",
                "cannot be taken back: note what you need first",
            ),
            preconditions=(reset.precondition,),
            permissions=(Permission("EXECUTE", f"{NAME}_reset"),),
            dry_run=DryRun("not offered", "a reset cannot be tried"),
            inverse="",
            equivalent=f"psql {shlex.quote(client.login.conninfo)} -c {shlex.quote(reset.shown)}",
            steps=reset.steps,
            blockers=(f"not allowed: GRANT {missing} TO {found.role};",) if missing else (),
        )


class _Reset:
    """The one statement, pinned to the last reset where the server knows it."""

    def __init__(self, client: PgClient, found: Extension, since: datetime | None) -> None:
        self._client = client
        self._dated = found.form >= _DATED
        self._schema = found.quoted_schema.decode()
        self._since = since

    @property
    def identity(self) -> str:
        return self._since.isoformat() if self._since else ""

    @property
    def precondition(self) -> Precondition:
        if self._dated:
            return Precondition("stats_reset", self.identity)
        return Precondition("stats_reset", "not told before version 1.9 of the extension", enforced="console")

    @property
    def shown(self) -> str:
        return self._text(f"'{self.identity}'")

    @property
    def steps(self) -> Steps:
        return Steps(self.permit, self._apply, self._settled, self._follow, self._verify)

    def _text(self, since: str) -> str:
        reset = f"SELECT {self._schema}.{NAME}_reset() AS done"
        return f"{reset} FROM {self._schema}.{NAME}_info WHERE stats_reset = {since}" if self._dated else reset

    async def permit(self) -> str:
        """The missing right, "" when there is none."""
        return "" if (await rights(self._client)).resets else f"EXECUTE ON FUNCTION {self._schema}.{NAME}_reset"

    async def _apply(self) -> str:
        text = self._text("%(since)s").replace("SELECT", "SELECT /* fusion-console */", 1)
        if not await self._client.act(text.encode(), {"since": self._since}):
            raise Conflict("somebody else has reset them meanwhile", source=self._client.source, fix="look again")
        return "the server has reset them"

    async def _settled(self) -> bool | None:
        if not self._dated:
            return None
        rows = await self._client.ask(f"SELECT stats_reset FROM {self._schema}.{NAME}_info".encode())  # noqa: S608
        return bool(rows[0]["stats_reset"] != self._since)

    async def _follow(self) -> AsyncGenerator[Progress, None]:
        yield Progress(Stage.DONE, "statistics begin anew", 1.0)

    async def _verify(self) -> Sequence[Finding]:
        rows = await statement_rows(self._client, await required(self._client))
        known = rows[0]["known"] if rows else 0
        evidence = Evidence(self._client.source, f"{known} statements since", datetime.now(UTC))
        return (Finding("D08", NAME, Verdict.PASS, f"{known} statements were seen since the reset", (evidence,)),)


def _lost(rows: Sequence[Mapping[str, Any]], since: str) -> tuple[Change, ...]:
    """How much there is, and the three that took most time."""
    total = rows[0]["known"] if rows else 0
    head = Change("statements", f"{total} since {since or 'an unknown time'}", "0")
    return (
        head,
        *(Change(f"{r['calls']} calls, mean {r['mean']:.1f} ms", str(r["query"])[:200], None) for r in rows[:3]),
    )
