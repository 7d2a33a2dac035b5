"""Whatever is pressed in whatever order: one confirmation, one request, armed, named and recorded first."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from providers.core.action import Outcome, Plan, Verdict
from providers.core.config import GateSettings
from providers.core.errors import Conflict, TimedOut
from providers.core.gate import Confirmation
from tests.unit.core.build import FakeClock, Script, gate_in, plan_of, trail_of

NAMES = ("relayer", "resolver")
TYPED = st.sampled_from(["relayer", "resolver", "relayer ", "y", "", "Relayer"])
ANSWERS = st.sampled_from(["patched", TimedOut("lost"), Conflict("moved"), ValueError("bug")])


class GateMachine(RuleBasedStateMachine):
    """The requests the steps saw are judged against what was typed, armed and recorded at that moment."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.path = Path(tempfile.mkdtemp(prefix="gate-"))
        self.clock = FakeClock()
        self.faults: list[str] = []
        self.confirmations = 0
        self.requests = 0
        self.plans: list[tuple[Plan, Script]] = []

    @initialize(production=st.booleans())
    def open(self, production: bool) -> None:
        self.gate = gate_in(
            self.path, self.clock, production=production, settings=GateSettings(max_actions=5, per_minutes=10.0)
        )
        self.model_until: float | None = None
        for name in NAMES:
            self.plan(name, "patched")

    @rule(name=st.sampled_from(NAMES), answer=ANSWERS)
    def plan(self, name: str, answer: str | Exception) -> None:
        script = Script()
        script.answer = answer
        plan = plan_of(script, name=name, title=f"Roll {name} back {len(self.plans)}")
        script.before_apply = lambda: self._request(plan)
        self.plans.append((plan, script))

    @rule()
    def arm(self) -> None:
        async def arm() -> None:
            self.gate.arm("because")

        self._run(arm())
        self.model_until = self.clock.seconds + 600

    @rule()
    def disarm(self) -> None:
        self._run(self._disarm())
        self.model_until = None

    @rule(seconds=st.sampled_from([1, 10, 29, 31, 301, 601]), keys=st.booleans())
    def wait(self, seconds: int, keys: bool) -> None:
        self.clock.seconds += seconds
        if keys:
            self.gate.touch()
        self._run(self._tick())
        if seconds > 30:
            self.model_until = None

    @rule(seconds=st.sampled_from([40.0, -40.0, 3600.0]))
    def clock_jumps(self, seconds: float) -> None:
        self.clock.skew += seconds
        self._run(self._tick())
        self.model_until = None

    @rule(index=st.integers(0, 30), typed=TYPED, reason=st.sampled_from(["", "why"]), times=st.integers(1, 4))
    def enter(self, index: int, typed: str, reason: str, times: int) -> None:
        plan, script = self.plans[index % len(self.plans)]
        before = script.applied
        self.confirmations += 1
        self.typed, self.reason = typed, reason
        confirmation = Confirmation(typed, reason)

        async def press() -> list[Outcome]:
            return list(await asyncio.gather(*(self.gate.run(plan, confirmation) for _ in range(times))))

        outcomes = self._run(press())
        if script.applied - before > 1:
            self.faults.append(f"{script.applied - before} requests for one confirmation")
        if script.applied == before and any(outcome.verdict is not Verdict.REFUSED for outcome in outcomes):
            self.faults.append("nothing was sent, but it was not refused")

    @invariant()
    def nothing_was_wrong(self) -> None:
        assert self.faults == []
        assert self.requests <= self.confirmations
        assert all(script.applied <= 1 for _, script in self.plans)

    @invariant()
    def armed_means_armed(self) -> None:
        armed = hasattr(self, "gate") and self.gate.armed is not None
        assert not armed or (self.model_until is not None and self.clock.seconds < self.model_until)

    def teardown(self) -> None:
        if hasattr(self, "gate"):
            self._run(self.gate.drain(5.0))
            audit = trail_of(self.path)
            intents = [entry.id for entry in audit if entry.kind == "intent"]
            ends = [entry.id for entry in audit if entry.kind == "outcome"]
            assert len(set(intents)) == len(intents) >= self.requests
            assert sorted(ends) == sorted(intents)
        self.loop.close()
        shutil.rmtree(self.path)

    def _request(self, plan: Plan) -> None:
        self.requests += 1
        if self.typed != plan.target.name:
            self.faults.append(f"sent for {self.typed!r} typed")
        if self.gate.production and not self.reason:
            self.faults.append("sent without a reason")
        if self.gate.armed is None or self.model_until is None:
            self.faults.append("sent while not armed")
        if not any(entry.kind == "intent" and entry.plan == plan.digest for entry in trail_of(self.path)):
            self.faults.append("sent before its intent was recorded")

    async def _tick(self) -> None:
        self.gate.tick()

    async def _disarm(self) -> None:
        self.gate.disarm("by hand")

    def _run(self, work):
        return self.loop.run_until_complete(asyncio.wait_for(work, 30))


GateMachine.TestCase.settings = settings(
    max_examples=40, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)
TestGate = pytest.mark.timeout(120)(GateMachine.TestCase)
