"""One run of one plan, from the first question to the last look."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

import msgspec

from providers.core.action import Outcome, Plan, Progress, Stage, Verdict
from providers.core.aftermath import follow, read_back, verify
from providers.core.check import Finding, worst
from providers.core.check import Verdict as Health
from providers.core.confirmation import Confirmation, required
from providers.core.errors import AuditError, BackendError, FusionError, Refused
from providers.core.feed import Fault
from providers.core.secret import redact
from providers.core.text import clean

if TYPE_CHECKING:
    from providers.core.gate import Gate

Report = Callable[[Progress], None]


class Flight:
    """Asks the gate for every step that counts; `recorded` is set once the end of the change is in the trail."""

    def __init__(self, gate: Gate, plan: Plan, confirmation: Confirmation, report: Report) -> None:
        self.label = f"{plan.action} {clean(plan.target.label, 200)}"
        self.recorded = asyncio.Event()
        self._gate = gate
        self._plan = plan
        self._confirmation = confirmation
        self._report = report
        self._run = ""
        self._listening = True
        self._intended = False
        self._sent = False
        self._outcome: Outcome | None = None

    async def fly(self) -> Outcome:
        """Never raises: a run that is cancelled says so in its outcome."""
        try:
            outcome = await self._change()
        except asyncio.CancelledError:
            return self._outcome or self._cut_short()
        finally:
            self.recorded.set()
        if outcome.verdict not in {Verdict.DONE, Verdict.UNKNOWN}:
            return outcome
        try:
            return await self._look(outcome)
        except asyncio.CancelledError:
            return _with(outcome, "the console was left before it was followed to its end")

    async def _change(self) -> Outcome:
        try:
            self._gate.admit(self._plan, self._confirmation)
        except Refused as error:
            return await self._refuse(error)
        try:
            with self._gate.locks.held(self._plan.target, self._gate.operator.user, self.label, self._gate.clock.now()):
                await self._permit()
                await self._announce()
                self._gate.check_armed()
                return await self._send()
        except (Refused, AuditError) as error:
            self._gate.readmit(self._plan)
            return await self._refuse(error)

    async def _permit(self) -> None:
        async def permit() -> str:
            async with asyncio.timeout(self._gate.settings.apply_timeout):
                missing = await self._plan.steps.permit()
            return f"not allowed: {missing} is missing" if missing else ""

        if why := await self._gate.ask(permit, lambda fault: f"whether it is allowed cannot be told: {fault.message}"):
            raise Refused(why)

    async def _announce(self) -> None:
        self._run = self._gate.journal.new_run()
        level = required(self._plan.risk, self._gate.production)
        await self._gate.journal.intent(self._plan, level, self._confirmation, self._run)
        self._intended = True
        await self._gate.journal.sending(self._plan, self._run)

    async def _send(self) -> Outcome:
        self._sent = True
        verdict, message = await self._gate.send(self._plan)
        outcome = await self._conclude("outcome", verdict, message)
        return outcome if verdict is not Verdict.UNKNOWN else await self._read_back(outcome)

    async def _read_back(self, outcome: Outcome) -> Outcome:
        self._tell(Progress(Stage.RUNNING, f"outcome unknown: {outcome.message}; reading the target"))
        there = await self._gate.ask(lambda: read_back(self._plan.steps, self._gate.readback), lambda _: None)
        if there is None:
            return await self._conclude("resolved", Verdict.UNKNOWN, f"{outcome.message}; reading back did not tell")
        words = "the answer was lost; read back: it is there" if there else "the answer was lost; read back: no change"
        return await self._conclude("resolved", Verdict.DONE if there else Verdict.FAILED, words)

    async def _look(self, outcome: Outcome) -> Outcome:
        last = await self._follow() if outcome.verdict is Verdict.DONE else None
        findings = await self._gate.ask(lambda: verify(self._plan.steps), self._unjudged)
        outcome = msgspec.structs.replace(outcome, progress=last, findings=tuple(findings))
        if last is not None and last.stage is not Stage.DONE:
            outcome = _with(outcome, f"{last.stage}: {last.message}")
        return await self._record_health(outcome, f"{worst(findings)}; {last.stage if last else 'not followed'}")

    async def _follow(self) -> Progress | None:
        return await self._gate.ask(
            lambda: follow(self._plan.steps, self._tell),
            lambda fault: Progress(Stage.STUCK, f"cannot be followed: {fault.message}"),
        )

    def _unjudged(self, fault: Fault) -> tuple[Finding, ...]:
        return (Finding("verify", self._plan.target.label, Health.UNKNOWN, fault.message, fix=fault.fix),)

    async def _record_health(self, outcome: Outcome, words: str) -> Outcome:
        try:
            await self._gate.journal.outcome("verified", self._plan, self._run, outcome.verdict, words)
        except AuditError as error:
            return _with(outcome, _unrecorded(error))
        return outcome

    async def _conclude(self, kind: str, verdict: Verdict, message: str) -> Outcome:
        self._outcome = Outcome(self._run, verdict, message)
        try:
            await self._gate.journal.outcome(kind, self._plan, self._run, verdict, message)
        except AuditError as error:
            self._outcome = _with(self._outcome, _unrecorded(error))
        return self._outcome

    async def _refuse(self, error: FusionError) -> Outcome:
        message = f"{told(error)}; nothing was sent"
        kind = "outcome" if self._intended else "refused"
        try:
            await self._gate.journal.outcome(kind, self._plan, self._run, Verdict.REFUSED, message)
        except AuditError as failed:
            if not isinstance(error, AuditError):
                message = f"{message}; this could not be recorded: {failed.message}"
        return Outcome(self._run, Verdict.REFUSED, message)

    def _cut_short(self) -> Outcome:
        verdict = Verdict.UNKNOWN if self._sent else Verdict.REFUSED
        message = "the console was left before " + ("the answer came" if self._sent else "anything was sent")
        kind = "outcome" if self._run else "refused"
        with suppress(AuditError):
            self._gate.journal.post_outcome(kind, self._plan, self._run, verdict, message)
        return Outcome(self._run, verdict, message)

    def _tell(self, progress: Progress) -> None:
        if self._listening:
            self._listening = self._gate.tell(self._report, progress)


def said(words: object) -> str:
    """A system's own words, fit to be shown and kept."""
    return clean(redact(str(words)), 500)


def told(error: BaseException) -> str:
    """An exception as one sentence: who says it, what, and what to do."""
    fault = Fault.of(error)
    source = f"{error.source}: " if isinstance(error, BackendError) and error.source else ""
    return f"{source}{fault.message}" + (f" ({fault.fix})" if fault.fix else "")


def _with(outcome: Outcome, words: str) -> Outcome:
    return msgspec.structs.replace(outcome, message=f"{outcome.message}; {words}")


def _unrecorded(error: AuditError) -> str:
    return f"NOT RECORDED: {error.message}. No further change is let through until the audit trail can be written"
