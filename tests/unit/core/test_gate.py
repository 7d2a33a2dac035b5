"""The gate: what it lets through, what it refuses, and what it says about what it does not know."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from providers.core.action import Outcome, Progress, Risk, Stage, Verdict
from providers.core.check import Verdict as Health
from providers.core.config import GateSettings
from providers.core.errors import (
    BackendError,
    Conflict,
    Denied,
    Garbled,
    Invalid,
    NotFound,
    Refused,
    ServerFault,
    Throttled,
    TimedOut,
    Unauthenticated,
    Unreachable,
)
from providers.core.gate import Confirmation, Gate, required
from providers.core.targetlock import TargetLocks
from tests.unit.core.build import OPERATOR, FakeClock, Script, gate_in, kinds_of, plan_of, trail_of

NAMED = Confirmation("relayer", "crash loop")


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def gate(tmp_path: Path, clock: FakeClock) -> AsyncIterator[Gate]:
    gate = gate_in(tmp_path, clock)
    yield gate
    await gate.drain(1.0)


async def test_a_confirmed_plan_is_applied_followed_verified_and_recorded(gate: Gate, tmp_path: Path) -> None:
    gate.arm("incident 7")
    script, steps = Script(), []
    outcome = await gate.run(plan_of(script), NAMED, steps.append)
    assert (outcome.verdict, outcome.message, script.applied) == (Verdict.DONE, "patched", 1)
    assert steps == [Progress(Stage.DONE, "3 of 3 ready")]
    assert outcome.progress == steps[0]
    assert outcome.findings[0].verdict is Health.PASS
    assert kinds_of(tmp_path) == ["arm", "intent", "sent", "outcome", "verified"]
    intent = trail_of(tmp_path)[1]
    assert (intent.id, intent.who.user, intent.typed, intent.reason) == (outcome.id, "alice", "relayer", "crash loop")
    assert intent.calls[0].method == "PATCH"
    assert intent.plan == plan_of(Script()).digest


async def test_the_intent_is_on_disk_before_the_effect(gate: Gate, tmp_path: Path) -> None:
    gate.arm()
    script, seen = Script(), []
    script.before_apply = lambda: seen.extend(kinds_of(tmp_path))
    await gate.run(plan_of(script), NAMED)
    assert seen == ["arm", "intent", "sent"]


async def test_read_only_until_armed(gate: Gate, tmp_path: Path) -> None:
    script = Script()
    outcome = await gate.run(plan_of(script), NAMED)
    assert (outcome.verdict, script.applied) == (Verdict.REFUSED, 0)
    assert "read-only: not armed yet" in outcome.message
    assert kinds_of(tmp_path) == ["refused"]


@pytest.mark.parametrize(
    ("risk", "production", "typed", "reason", "runs"),
    [
        (Risk.LOW, False, "y", "", True),
        (Risk.LOW, False, "relayer", "", True),
        (Risk.LOW, False, "Y", "", False),
        (Risk.LOW, False, "", "", False),
        (Risk.LOW, True, "y", "", False),
        (Risk.LOW, True, "relayer", "", True),
        (Risk.HIGH, False, "relayer", "", True),
        (Risk.HIGH, False, "relayer ", "", False),
        (Risk.HIGH, False, "Relayer", "", False),
        (Risk.HIGH, False, "rel\u200bayer", "", False),
        (Risk.HIGH, True, "relayer", "", False),
        (Risk.HIGH, True, "relayer", "  ", False),
        (Risk.HIGH, True, "relayer", "why", True),
        (Risk.DESTRUCTIVE, False, "relayer", "", False),
        (Risk.DESTRUCTIVE, False, "relaye", "why", False),
        (Risk.DESTRUCTIVE, True, "relayer", "why", True),
    ],
)
async def test_confirmation_fits_the_level(
    tmp_path: Path, clock: FakeClock, risk: Risk, production: bool, typed: str, reason: str, runs: bool
) -> None:
    gate = gate_in(tmp_path, clock, production=production)
    gate.arm()
    script = Script()
    outcome = await gate.run(plan_of(script, risk=risk), Confirmation(typed, reason))
    assert script.applied == int(runs)
    assert outcome.verdict is (Verdict.DONE if runs else Verdict.REFUSED)


async def test_a_target_without_a_name_cannot_be_confirmed(gate: Gate) -> None:
    gate.arm()
    script = Script()
    assert (await gate.run(plan_of(script, name=""), Confirmation(""))).verdict is Verdict.REFUSED
    assert script.applied == 0


def test_production_raises_every_level_by_one() -> None:
    assert [required(risk, True) for risk in Risk] == [Risk.HIGH, Risk.DESTRUCTIVE, Risk.DESTRUCTIVE]
    assert [required(risk, False) for risk in Risk] == list(Risk)


async def test_a_blocker_refuses(gate: Gate) -> None:
    gate.arm()
    script = Script()
    outcome = await gate.run(plan_of(script, blockers=("the budget allows no disruption",)), NAMED)
    assert outcome.verdict is Verdict.REFUSED
    assert "the budget allows no disruption" in outcome.message
    assert script.applied == 0


async def test_a_missing_right_refuses_and_is_named(gate: Gate) -> None:
    gate.arm()
    script = Script()
    script.missing = "patch deployments.apps in fusion-bitcoin"
    outcome = await gate.run(plan_of(script), NAMED)
    assert "patch deployments.apps in fusion-bitcoin is missing" in outcome.message
    assert script.applied == 0


@pytest.mark.parametrize("error", [Unreachable("no route"), ValueError("surprise")])
async def test_a_right_that_cannot_be_asked_for_refuses(gate: Gate, error: Exception) -> None:
    gate.arm()
    script = Script()
    script.missing = error
    outcome = await gate.run(plan_of(script), NAMED)
    assert (outcome.verdict, script.applied) == (Verdict.REFUSED, 0)
    assert str(error) in outcome.message


async def test_a_refused_plan_may_be_run_once_the_reason_is_gone(gate: Gate) -> None:
    gate.arm()
    script = Script()
    script.missing = "patch"
    plan = plan_of(script)
    await gate.run(plan, NAMED)
    script.missing = ""
    assert (await gate.run(plan, NAMED)).verdict is Verdict.DONE
    assert script.applied == 1


async def test_a_second_enter_is_refused(gate: Gate) -> None:
    gate.arm()
    script = Script()
    plan = plan_of(script)
    await gate.run(plan, NAMED)
    again = await gate.run(plan, NAMED)
    assert (again.verdict, script.applied) == (Verdict.REFUSED, 1)
    assert "run already" in again.message


async def test_twenty_enters_make_one_request(gate: Gate, tmp_path: Path) -> None:
    gate.arm()
    script = Script()
    plan = plan_of(script)
    outcomes = await asyncio.gather(*(gate.run(plan, NAMED) for _ in range(20)))
    assert script.applied == 1
    assert sorted(outcome.verdict for outcome in outcomes) == [Verdict.DONE] + [Verdict.REFUSED] * 19
    assert kinds_of(tmp_path).count("refused") == 19


async def test_one_run_a_target_at_a_time_and_the_holder_is_named(gate: Gate) -> None:
    gate.arm()
    first, second = Script(), Script()
    release = asyncio.Event()

    async def slow() -> str:
        await release.wait()
        return "patched"

    first.answer = slow
    running = asyncio.ensure_future(gate.run(plan_of(first), NAMED))
    await first.sent.wait()
    refused = await gate.run(plan_of(second), NAMED)
    release.set()
    assert (await running).verdict is Verdict.DONE
    assert (refused.verdict, second.applied) == (Verdict.REFUSED, 0)
    assert "is being changed by alice, pid" in refused.message


async def test_a_second_console_is_refused_while_the_target_is_locked(gate: Gate, tmp_path: Path) -> None:
    gate.arm()
    script = Script()
    plan = plan_of(script)
    other = TargetLocks(tmp_path / "state" / "locks", "staging")
    with other.held(plan.target, "bob", "restart deployment/relayer", FakeClock().now()):
        refused = await gate.run(plan, NAMED)
    assert "bob" in refused.message
    assert script.applied == 0
    assert (await gate.run(plan, NAMED)).verdict is Verdict.DONE


async def test_the_budget_stops_a_series_and_refusals_cost_nothing(tmp_path: Path, clock: FakeClock) -> None:
    gate = gate_in(tmp_path, clock, settings=GateSettings(max_actions=2, per_minutes=1.0))
    gate.arm()
    denied = Script()
    denied.missing = "patch"
    for _ in range(5):
        await gate.run(plan_of(denied), NAMED)
    scripts = [Script() for _ in range(3)]
    verdicts = [(await gate.run(plan_of(script), NAMED)).verdict for script in scripts]
    assert verdicts == [Verdict.DONE, Verdict.DONE, Verdict.REFUSED]
    for _ in range(3):
        clock.seconds += 20
        gate.tick()
    assert (await gate.run(plan_of(scripts[2]), NAMED)).verdict is Verdict.DONE


@pytest.mark.parametrize(
    "error",
    [
        Conflict("it moved"),
        Denied("forbidden"),
        Invalid("bad"),
        NotFound("gone"),
        Unauthenticated("expired"),
        Throttled("later", retry_after=7),
        Refused("not even tried"),
    ],
)
async def test_an_answer_that_says_no_is_a_failure(gate: Gate, tmp_path: Path, error: Exception) -> None:
    gate.arm()
    script = Script()
    script.answer = error
    outcome = await gate.run(plan_of(script), NAMED)
    assert (outcome.verdict, script.applied, script.settle_reads) == (Verdict.FAILED, 1, 0)
    assert str(error) in outcome.message
    assert "nothing was changed" in outcome.message
    assert kinds_of(tmp_path)[-1] == "outcome"


LOST = [
    TimedOut("no answer"),
    Unreachable("reset"),
    ServerFault("503"),
    Garbled("<html>"),
    BackendError("?"),
    RuntimeError("a bug"),
    asyncio.CancelledError(),
]


@pytest.mark.parametrize("error", LOST, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize(
    ("settled", "verdict"),
    [(True, Verdict.DONE), (False, Verdict.FAILED), (None, Verdict.UNKNOWN), (Unreachable("x"), Verdict.UNKNOWN)],
)
async def test_a_lost_answer_is_read_back_and_never_sent_again(
    gate: Gate, tmp_path: Path, error: BaseException, settled: bool | None, verdict: Verdict
) -> None:
    gate.arm()
    script = Script()
    script.answer, script.settled = error, settled
    outcome = await gate.run(plan_of(script), NAMED)
    assert (outcome.verdict, script.applied) == (verdict, 1)
    lines = [(entry.kind, entry.verdict) for entry in trail_of(tmp_path)]
    assert ("outcome", "unknown") in lines
    assert ("resolved", verdict.value) in lines


async def test_not_there_is_only_believed_at_the_last_try(gate: Gate) -> None:
    gate.arm()
    script = Script()
    script.answer, script.settled = TimedOut("no answer"), False
    script_read = script.read_settled

    async def late() -> bool | None:
        script.settled = script.settle_reads >= 1  # the server was still at work when it was first read
        return await script_read()

    script.read_settled = late
    outcome = await gate.run(plan_of(script), NAMED)
    assert (outcome.verdict, outcome.message) == (Verdict.DONE, "the answer was lost; read back: it is there")


async def test_a_read_back_that_breaks_leaves_it_unknown(gate: Gate) -> None:
    gate.arm()
    script = Script()
    script.answer, script.settled = TimedOut("no answer"), KeyError("bug")
    assert (await gate.run(plan_of(script), NAMED)).verdict is Verdict.UNKNOWN


async def test_no_answer_in_time_is_unknown_even_from_a_request_that_will_not_stop(
    tmp_path: Path, clock: FakeClock
) -> None:
    gate = gate_in(tmp_path, clock, settings=GateSettings(apply_timeout=0.05))
    gate.arm()
    script, release = Script(), asyncio.Event()

    async def stubborn() -> str:
        while not release.is_set():
            try:
                await release.wait()
            except asyncio.CancelledError:
                continue
        return "too late"

    script.answer = stubborn
    async with asyncio.timeout(5):
        outcome = await gate.run(plan_of(script), NAMED)
    release.set()
    assert (outcome.verdict, script.applied) == (Verdict.UNKNOWN, 1)
    assert "no answer within 0.05 s" in outcome.message


async def test_arming_that_ends_before_the_request_refuses(gate: Gate, tmp_path: Path) -> None:
    gate.arm()
    script = Script()
    permit = script.permit

    async def slow_permit() -> str:
        gate.disarm("the operator pressed D")
        return await permit()

    script.permit = slow_permit
    outcome = await gate.run(plan_of(script), NAMED)
    assert (outcome.verdict, script.applied) == (Verdict.REFUSED, 0)
    assert "the operator pressed D" in outcome.message
    assert trail_of(tmp_path)[-1].kind == "outcome"
    assert gate.journal._audit.unfinished() == []


async def test_leaving_does_not_stop_a_change(gate: Gate, tmp_path: Path) -> None:
    gate.arm()
    script, release = Script(), asyncio.Event()

    async def slow() -> str:
        await release.wait()
        return "patched"

    script.answer = slow
    caller = asyncio.ensure_future(gate.run(plan_of(script), NAMED))
    await script.sent.wait()
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    assert gate.in_flight == ("rollback deployment/relayer",)
    release.set()
    assert await gate.drain(5.0)
    assert gate.in_flight == ()
    assert ("outcome", "done") in [(entry.kind, entry.verdict) for entry in trail_of(tmp_path)]


async def test_drain_records_as_unknown_what_does_not_end(gate: Gate, tmp_path: Path) -> None:
    gate.arm()
    script = Script()
    script.answer = asyncio.Event().wait  # type: ignore[assignment]
    running = asyncio.ensure_future(gate.run(plan_of(script), NAMED))
    await script.sent.wait()
    assert not await gate.drain(0.05)
    assert (await running).verdict is Verdict.UNKNOWN
    assert ("outcome", "unknown") in [(entry.kind, entry.verdict) for entry in trail_of(tmp_path)]
    refused = await gate.run(plan_of(Script()), NAMED)
    assert refused.verdict is Verdict.REFUSED
    with pytest.raises(Refused, match="being left"):
        gate.arm()


async def test_drain_does_not_wait_for_following(gate: Gate) -> None:
    gate.arm()
    script, following = Script(), asyncio.Event()

    async def endless():
        following.set()
        yield Progress(Stage.RUNNING, "1 of 3")
        await asyncio.Event().wait()

    script.follow = endless
    running = asyncio.ensure_future(gate.run(plan_of(script), NAMED))
    await following.wait()
    async with asyncio.timeout(5):
        assert await gate.drain(60.0)
    outcome = await running
    assert outcome.verdict is Verdict.DONE
    assert "before it was followed" in outcome.message


@pytest.mark.parametrize(
    ("progress", "words"),
    [
        ((Progress(Stage.RUNNING, "1 of 3"), Progress(Stage.STUCK, "no quota")), "stuck: no quota"),
        ((Progress(Stage.FAILED, "crash loop"),), "failed: crash loop"),
        ((KeyError("bug"),), "cannot be followed"),
    ],
)
async def test_a_change_that_was_made_stays_done_whatever_comes_after(
    gate: Gate, progress: tuple[Progress | BaseException, ...], words: str
) -> None:
    gate.arm()
    script = Script()
    script.progress = progress
    script.findings = Unreachable("gone")
    outcome = await gate.run(plan_of(script), NAMED)
    assert outcome.verdict is Verdict.DONE
    assert words in outcome.message
    assert outcome.findings[0].verdict is Health.UNKNOWN


async def test_an_interface_that_breaks_does_not_stop_the_record(gate: Gate, tmp_path: Path) -> None:
    gate.arm()

    def broken(_: Progress) -> None:
        raise RuntimeError("the widget is gone")

    assert (await gate.run(plan_of(Script()), NAMED, broken)).verdict is Verdict.DONE
    assert kinds_of(tmp_path)[-1] == "verified"


def _unwritable(tmp_path: Path) -> Path:
    """Nothing can be opened for writing where a directory stands; root passes permission bits."""
    audit = tmp_path / "state" / "audit"
    audit.rename(tmp_path / "kept")
    audit.write_text("")
    return audit


async def test_no_record_no_effect(gate: Gate, tmp_path: Path) -> None:
    gate.arm()
    await gate.record("note", "the trail works")
    _unwritable(tmp_path)
    script = Script()
    outcome = await gate.run(plan_of(script), NAMED)
    assert (outcome.verdict, script.applied) == (Verdict.REFUSED, 0)
    assert "audit" in outcome.message


async def test_a_record_lost_after_the_effect_is_loud_and_stops_the_next(gate: Gate, tmp_path: Path) -> None:
    gate.arm()
    first, second = Script(), Script()
    first.before_apply = lambda: _unwritable(tmp_path)
    outcome: Outcome = await gate.run(plan_of(first), NAMED)
    assert outcome.verdict is Verdict.DONE
    assert "NOT RECORDED" in outcome.message
    refused = await gate.run(plan_of(second), NAMED)
    assert (refused.verdict, second.applied) == (Verdict.REFUSED, 0)
    audit = tmp_path / "state" / "audit"
    audit.unlink()
    (tmp_path / "kept").rename(audit)
    assert (await gate.run(plan_of(second), NAMED)).verdict is Verdict.DONE
    ends = {(entry.kind, entry.id) for entry in trail_of(tmp_path)}
    assert ("outcome", outcome.id) in ends
    assert gate.journal._audit.verify().ok


async def test_secrets_in_answers_are_masked(gate: Gate, tmp_path: Path) -> None:
    from providers.core.secret import Secret

    Secret("hunter2-sentinel")
    gate.arm()
    script = Script()
    script.answer = Unreachable("lost postgres://u:hunter2-sentinel@db", fix="hunter2-sentinel")
    outcome = await gate.run(plan_of(script), NAMED)
    assert "hunter2" not in outcome.message
    assert b"hunter2" not in (tmp_path / "state/audit/audit.jsonl").read_bytes()


async def test_arming_is_bound_to_the_operator_and_its_end_is_recorded(gate: Gate, tmp_path: Path) -> None:
    gate.identify(kube_user="oncall", aws_arn="arn:aws:iam::1:user/a")
    arming = gate.arm("incident")
    assert (arming.by, arming.reason, gate.remaining()) == (OPERATOR.user, "incident", 600.0)
    gate.disarm("switched to production")
    assert gate.armed is None
    assert gate.why_read_only == "switched to production"
    await gate.record("note", "flush")
    arm, disarm, _ = trail_of(tmp_path)
    assert (arm.kind, arm.reason, arm.who.kube_user) == ("arm", "incident", "oncall")
    assert (disarm.kind, disarm.message) == ("disarm", "switched to production")


async def test_an_arming_that_cannot_be_recorded_falls_back(gate: Gate, tmp_path: Path) -> None:
    await gate.record("note", "begin")
    _unwritable(tmp_path)
    gate.arm()
    async with asyncio.timeout(5):
        while gate.armed is not None:
            await asyncio.sleep(0)
    assert "could not be recorded" in gate.why_read_only


async def test_no_task_is_left_when_the_gate_is_closed(tmp_path: Path, clock: FakeClock) -> None:
    before = asyncio.all_tasks()
    gate = gate_in(tmp_path, clock)
    gate.arm()
    await gate.run(plan_of(Script()), NAMED)
    await gate.drain(1.0)
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == before
