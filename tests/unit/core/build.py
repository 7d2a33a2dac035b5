"""What the tests of the core are made of: a clock that stands still, and plans of steps that count."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from providers.core.action import (
    Call,
    Change,
    DryRun,
    Permission,
    Plan,
    Precondition,
    Progress,
    Risk,
    Stage,
    Steps,
    Target,
)
from providers.core.aftermath import Readback
from providers.core.audit import Audit, Entry
from providers.core.backoff import Backoff
from providers.core.check import Finding, Verdict
from providers.core.config import GateSettings
from providers.core.gate import Gate
from providers.core.operator import Operator

OPERATOR = Operator("alice", 1000, "bastion", "/dev/pts/3", "10.0.0.7 51000 10.0.0.1 22")
AT_ONCE = Readback(tries=3, backoff=Backoff(0.0, 0.0, 0.0), timeout=5.0)


class FakeClock:
    """Moves only when told to; `skew` moves the wall clock alone, as a suspended machine does."""

    def __init__(self) -> None:
        self.seconds = 1_000.0
        self.skew = 0.0

    def now(self) -> datetime:
        return datetime(2026, 5, 4, 12, tzinfo=UTC) + timedelta(seconds=self.seconds + self.skew)

    def monotonic(self) -> float:
        return self.seconds


class Script:
    """The steps of a plan, each counted; what they answer is set from outside."""

    def __init__(self) -> None:
        self.applied = 0
        self.settle_reads = 0
        self.missing = ""
        self.settled: bool | BaseException | None = None
        self.answer: str | BaseException | Callable[[], Awaitable[str]] = "patched"
        self.progress: tuple[Progress | BaseException, ...] = (Progress(Stage.DONE, "3 of 3 ready"),)
        self.findings: Sequence[Finding] | BaseException = (Finding("E06", "deployment/relayer", Verdict.PASS, "ok"),)
        self.sent = asyncio.Event()
        self.before_apply: Callable[[], object] = lambda: None

    async def permit(self) -> str:
        if isinstance(self.missing, BaseException):
            raise self.missing
        return self.missing

    async def apply(self) -> str:
        self.applied += 1
        self.before_apply()
        self.sent.set()
        if isinstance(self.answer, BaseException):
            raise self.answer
        return self.answer if isinstance(self.answer, str) else await self.answer()

    async def read_settled(self) -> bool | None:
        self.settle_reads += 1
        if isinstance(self.settled, BaseException):
            raise self.settled
        return self.settled

    async def follow(self) -> AsyncGenerator[Progress, None]:
        for step in self.progress:
            if isinstance(step, BaseException):
                raise step
            yield step

    async def verify(self) -> Sequence[Finding]:
        if isinstance(self.findings, BaseException):
            raise self.findings
        return self.findings

    def steps(self) -> Steps:
        return Steps(self.permit, self.apply, self.read_settled, self.follow, self.verify)


def plan_of(
    script: Script, *, risk: Risk = Risk.HIGH, name: str = "relayer", blockers: tuple[str, ...] = (), title: str = ""
) -> Plan:
    return Plan(
        action="rollback",
        title=title or f"Roll {name} back to revision 2",
        rows=("E04",),
        source="kube staging · user oncall",
        target=Target("deployment", name, "fusion-bitcoin", "uid-1"),
        risk=risk,
        calls=(Call("kube", "PATCH", "/apis/apps/v1/namespaces/fusion-bitcoin/deployments/relayer", '{"a":1}'),),
        diff=(Change("image", "relayer:1.3.0", "relayer:1.2.9"),),
        interrupts=("3 pods are replaced",),
        preconditions=(Precondition("resourceVersion", "77"),),
        permissions=(Permission("patch", "deployments.apps", "fusion-bitcoin"),),
        dry_run=DryRun("passed", "unchanged"),
        inverse="rollback --to-revision 3",
        equivalent="kubectl rollout undo deployment/relayer --to-revision=2",
        steps=script.steps(),
        blockers=blockers,
    )


def audit_in(path: Path, clock: FakeClock | None = None) -> Audit:
    return Audit(path / "state" / "audit", clock=clock or FakeClock(), anchor=lambda _: None)


def gate_in(path: Path, clock: FakeClock, *, production: bool = False, settings: GateSettings | None = None) -> Gate:
    audit = audit_in(path, clock)
    return Gate("staging", production, audit, OPERATOR, settings or GateSettings(), clock, readback=AT_ONCE)


def trail_of(path: Path) -> list[Entry]:
    return list(audit_in(path).read())


def kinds_of(path: Path) -> list[str]:
    return [entry.kind for entry in trail_of(path)]
