"""The gate: the only way a change leaves the console."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Final, TypeVar

from providers.core.action import Outcome, Plan, Progress, Verdict
from providers.core.admission import Admission
from providers.core.aftermath import Readback
from providers.core.arming import Arming, ArmSwitch
from providers.core.audit import Audit, Scene
from providers.core.budget import Budget
from providers.core.clock import SYSTEM_CLOCK, Clock
from providers.core.config import GateSettings
from providers.core.confirmation import Confirmation, objection, required
from providers.core.errors import (
    AuditError,
    Conflict,
    Denied,
    Invalid,
    NotFound,
    Refused,
    Throttled,
    Unauthenticated,
    Untrusted,
)
from providers.core.feed import Fault
from providers.core.flight import Flight, Report, said, told
from providers.core.journal import Journal
from providers.core.operator import Operator
from providers.core.targetlock import TargetLocks
from providers.core.text import clean

__all__ = ["Arming", "Confirmation", "Gate", "Readback", "required"]

T = TypeVar("T")

# Each says: understood and not done, or never left. Everything else may have been done.
_NOTHING_CHANGED: Final = (Conflict, Denied, Invalid, NotFound, Refused, Throttled, Unauthenticated, Untrusted)
_TICK: Final = 1.0
_FLUSH: Final = 2.0


def _quiet(_: Progress) -> None: ...


class Gate:
    """Guards one environment: read-only until armed, one confirmation one request, no record no effect.

    Belongs to the core's loop; `armed`, `remaining`, `in_flight` and `touch` may be used from any thread.
    """

    def __init__(
        self,
        environment: str,
        production: bool,
        audit: Audit,
        operator: Operator,
        settings: GateSettings,
        clock: Clock = SYSTEM_CLOCK,
        state_dir: Path | None = None,
        *,
        readback: Readback | None = None,
    ) -> None:
        self.environment = environment
        self.production = production
        self.settings = settings
        self.clock = clock
        self.readback = readback or Readback()
        self.why_read_only = "not armed yet"
        self.journal = Journal(audit, Scene(operator, environment, production))
        self.locks = TargetLocks((state_dir or audit.directory.parent) / "locks", environment)
        self._switch = ArmSwitch(settings.arm_minutes * 60, settings.idle_minutes * 60, clock)
        self._admission = Admission(Budget(settings.max_actions, settings.per_minutes * 60, clock))
        self._flights: dict[Flight, asyncio.Task[Outcome]] = {}
        self._watcher: asyncio.Task[None] | None = None
        self._closed = False

    @property
    def operator(self) -> Operator:
        return self.journal.scene.who

    @property
    def armed(self) -> Arming | None:
        """The arming while it counts; None: read-only, `why_read_only` says why."""
        return self._switch.arming

    @property
    def in_flight(self) -> tuple[str, ...]:
        """The changes whose end is not recorded yet ("rollback deployment/relayer")."""
        return tuple(flight.label for flight in tuple(self._flights) if not flight.recorded.is_set())

    def remaining(self) -> float | None:
        """Seconds until the environment is read-only again; None when it is."""
        return self._switch.remaining()

    def identify(self, kube_user: str = "", aws_arn: str = "") -> None:
        """Tell who the systems say we are; recorded with everything from now on."""
        self.journal.identify(kube_user, aws_arn)

    def arm(self, reason: str = "") -> Arming:
        """Allow changes for a while, anew if it is armed. Raises Refused when the console is being left."""
        if self._closed:
            raise Refused("the console is being left")
        arming = self._switch.arm(self.operator.user, clean(reason, 500))
        self.why_read_only = ""
        recorded = asyncio.wrap_future(
            self.journal.post_note("arm", f"for {self.settings.arm_minutes:g} min", reason=reason)
        )
        recorded.add_done_callback(self._arm_recorded)
        if self._watcher is None or self._watcher.done():
            self._watcher = asyncio.get_running_loop().create_task(self._watch(), name=f"gate {self.environment}")
        return arming

    def disarm(self, why: str) -> None:
        """Read-only from now on; what is in flight goes on."""
        if not self._switch.thrown:
            return
        self._switch.disarm()
        self.why_read_only = clean(why, 500)
        if self._watcher is not None:
            self._watcher.cancel()
            self._watcher = None
        with suppress(AuditError):
            self.journal.post_note("disarm", self.why_read_only)

    def touch(self) -> None:
        """Somebody pressed a key."""
        self._switch.touch()

    def tick(self) -> None:
        """Disarm when the time is over, nobody is there, or the machine slept. Runs once a second while armed."""
        if why := self._switch.tick():
            self.disarm(why)

    async def record(self, kind: str, message: str, *, target: str = "", reason: str = "", run: str = "") -> None:
        """Write a line that is no change: reveal, note, or resolved (what became of an unfinished `run`).

        Raises AuditError: what has to be recorded must then not be done.
        """
        await self.journal.note(kind, message, target=target, reason=reason, run=run)

    async def run(self, plan: Plan, confirmation: Confirmation, report: Report = _quiet) -> Outcome:
        """Make a confirmed change, at most once; always an outcome, never an exception.

        Goes on to its recorded end when the caller is cancelled. `report` is called on this loop and must not block.
        """
        flight = Flight(self, plan, confirmation, report)
        task = asyncio.get_running_loop().create_task(flight.fly(), name=f"change {flight.label}")
        self._flights[flight] = task
        task.add_done_callback(lambda _: self._flights.pop(flight, None))
        return await asyncio.shield(task)

    async def drain(self, deadline: float) -> bool:
        """Let what was sent end and be recorded, for up to `deadline` seconds; then nothing can be changed any more.

        Following and verifying are broken off. False when a change had to be recorded as unknown, or a line is owed.
        """
        self._closed = True
        self.disarm("the console is being left")
        waits = {asyncio.ensure_future(flight.recorded.wait()) for flight in self._flights}
        left = waits
        if waits:
            _, left = await asyncio.wait(waits, timeout=deadline)
        for waiting in (*waits, *self._flights.values()):
            waiting.cancel()
        if self._flights:
            await asyncio.wait(tuple(self._flights.values()), timeout=_FLUSH)
        flushed = await self.journal.close(_FLUSH)
        return flushed and not left and not self.journal.owes

    def admit(self, plan: Plan, confirmation: Confirmation) -> None:
        """All that can be judged without waiting; counts the plan as run. Raises Refused."""
        if self._closed:
            raise Refused("the console is being left")
        if why := objection(plan, confirmation, required(plan.risk, self.production)):
            raise Refused(why)
        self.check_armed()
        self._admission.admit(plan)

    def readmit(self, plan: Plan) -> None:
        """Nothing was sent: plan and budget are as before."""
        self._admission.take_back(plan)

    def check_armed(self) -> None:
        """Raises Refused when changes are not possible at this moment."""
        self.tick()
        if self.armed is None:
            raise Refused(f"{self.environment} is read-only: {self.why_read_only}", fix="arm it")

    async def send(self, plan: Plan) -> tuple[Verdict, str]:
        """Send the one request of a plan; how it went, as far as the answer tells. Never raises."""
        # A task of its own: one that does not let itself be cancelled must not keep us waiting.
        sending = asyncio.ensure_future(plan.steps.apply())
        try:
            done, _ = await asyncio.wait({sending}, timeout=self.settings.apply_timeout)
        finally:
            sending.cancel()
            sending.add_done_callback(_forget)
        if not done:
            return Verdict.UNKNOWN, f"no answer within {self.settings.apply_timeout:g} s"
        if sending.cancelled():
            return Verdict.UNKNOWN, "the request was broken off"
        error = sending.exception()
        if error is None:
            return Verdict.DONE, said(sending.result())
        if isinstance(error, _NOTHING_CHANGED):
            return Verdict.FAILED, f"{told(error)}; nothing was changed"
        return Verdict.UNKNOWN, told(error)

    @staticmethod
    async def ask(work: Callable[[], Awaitable[T]], otherwise: Callable[[Fault], T]) -> T:
        """What reading code answers, or `otherwise` of how it broke: it must not keep a change from its record."""
        try:
            return await work()
        except Exception as error:  # noqa: BLE001 - one of the two places: providers' code may break in any way
            return otherwise(Fault.of(error))

    @staticmethod
    def tell(report: Report, progress: Progress) -> bool:
        """Report a step; False when whoever listened broke, and need not be told again."""
        try:
            report(progress)
        except Exception:  # noqa: BLE001 - as above, for the interface
            return False
        return True

    async def _watch(self) -> None:
        while self._switch.thrown:
            await asyncio.sleep(_TICK)
            self.tick()

    def _arm_recorded(self, recorded: asyncio.Future[object]) -> None:
        if not recorded.cancelled() and (error := recorded.exception()) is not None:
            self.disarm(f"arming could not be recorded: {Fault.of(error).message}")


def _forget(task: asyncio.Future[str]) -> None:
    if not task.cancelled():
        task.exception()  # read, so that nothing is said about it when it is collected
