"""Cancel and terminate end to end: the gate, one statement, the server's own answer, and what a lost one means."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path

import pytest

from providers.core.action import Outcome, Plan, Stage, Target, Verdict
from providers.core.audit import Audit
from providers.core.check import Verdict as Health
from providers.core.config import GateSettings
from providers.core.errors import NotFound, UsageError
from providers.core.gate import Confirmation, Gate
from providers.core.operator import Operator
from providers.postgres.act_signal import CancelBackend, TerminateBackend
from providers.postgres.activity import backends
from providers.postgres.provider import Postgres
from providers.postgres.values import Backend
from sandbox.postgres.server import Postgres as Server
from tests.contract.postgres.conftest import Apply, Connect, plain_port
from tests.contract.postgres.relay import relay
from tests.contract.postgres.waiting import Blocked, asked_until

pytestmark = pytest.mark.asyncio(loop_scope="session")
LOCK = "UPDATE htlcs SET state = state WHERE id = {}"
SLOW = "SELECT pg_sleep(60)"


async def _backend(db: Postgres, pid: int, good: Callable[[Backend], bool] = lambda _: True) -> Backend:
    """The session, once it is as wanted."""
    found = await asked_until(lambda: backends(db.client, [pid]), lambda rows: bool(rows) and good(rows[0]))
    return found[0]


def _target(backend: Backend) -> Target:
    return Target("backend", str(backend.pid), backend.database, backend.identity)


async def _run(path: Path, plan: Plan, typed: str = "") -> Outcome:
    gate = Gate("test", False, Audit(path / "audit"), Operator.current({}), GateSettings(), state_dir=path)
    gate.arm("test")
    outcome = await gate.run(plan, Confirmation(typed or plan.target.name, "test"), lambda _: None)
    gate.disarm("test over")
    return outcome


async def test_a_root_blocker_is_terminated_and_those_it_held_up_go_on(
    connect: Connect, session: Apply, tmp_path: Path
) -> None:
    db, root = connect("oncall"), await session(application_name="fusion-bitcoin-relayer")
    await root.execute(LOCK.format(101))
    await root.execute(LOCK.format(102))
    first, second = Blocked(await session(), LOCK.format(101)), Blocked(await session(), LOCK.format(102))
    third = Blocked(await session(), LOCK.format(101))
    for waiter in (first, second, third):
        await _backend(db, waiter.pid, lambda b: b.wait_event_type == "Lock")
    backend = await _backend(db, root.info.backend_pid)
    plan = await TerminateBackend(db).plan(_target(backend), {})
    assert plan.blockers == ()
    assert "terminate" in plan.title.lower() and "fusion-bitcoin-relayer" in plan.title
    assert plan.interrupts[0].startswith("frees 2 sessions at once")
    assert plan.interrupts[0].endswith("; 1 more stand behind others")
    assert any("is rolled back" in line for line in plan.interrupts)
    assert plan.inverse == "" and any("cannot be taken back" in line for line in plan.interrupts)
    assert backend.backend_start is not None and backend.backend_start.isoformat() in plan.equivalent
    outcome = await _run(tmp_path, plan)
    assert (outcome.verdict, outcome.progress and outcome.progress.stage) == (Verdict.DONE, Stage.DONE)
    assert outcome.findings[0].verdict is Health.PASS
    assert "all 2 sessions" in outcome.findings[0].summary
    assert (await first.ended(), await second.ended()) == ("done", "done")
    await first.connection.rollback()
    assert await third.ended() == "done"
    kinds = [entry.kind for entry in Audit(tmp_path / "audit").tail(20)]
    assert kinds.index("intent") < kinds.index("sent") < kinds.index("outcome") < kinds.index("verified")


async def test_a_statement_is_cancelled_and_its_session_stays(connect: Connect, session: Apply, tmp_path: Path) -> None:
    db, slow = connect("oncall"), Blocked(await session(), SLOW)
    backend = await _backend(db, slow.pid, lambda b: b.active and "pg_sleep" in b.query)
    plan = await CancelBackend(db).plan(_target(backend), {})
    assert plan.blockers == ()
    outcome = await _run(tmp_path, plan, "y")
    assert outcome.verdict is Verdict.DONE
    assert await slow.ended() == "57014"
    assert outcome.progress is not None and outcome.progress.stage is Stage.DONE
    assert (await _backend(db, slow.pid)).uid == backend.uid


async def test_another_statement_by_then_is_left_alone(connect: Connect, session: Apply, tmp_path: Path) -> None:
    db, busy = connect("oncall"), await session(autocommit=True)
    slow = Blocked(busy, SLOW)
    backend = await _backend(db, slow.pid, lambda b: b.active and "pg_sleep" in b.query)
    plan = await CancelBackend(db).plan(_target(backend), {})
    admin = await session("sandbox", autocommit=True)
    await admin.execute("SELECT pg_cancel_backend(%s)", (slow.pid,))
    assert await slow.ended() == "57014"
    other = Blocked(busy, "SELECT pg_sleep(61), 'another'")
    await _backend(db, slow.pid, lambda b: b.active and "another" in b.query)
    outcome = await _run(tmp_path, plan)
    assert outcome.verdict is Verdict.FAILED
    assert "that statement had ended already" in outcome.message and "nothing was changed" in outcome.message
    assert (await _backend(db, other.pid)).active
    assert "another statement" in (await CancelBackend(db).plan(_target(backend), {})).blockers[0]
    await other.stop()


async def test_a_session_that_ended_is_not_confused_with_a_later_one(
    connect: Connect, session: Apply, tmp_path: Path
) -> None:
    db, gone = connect("oncall"), await session()
    backend = await _backend(db, gone.info.backend_pid)
    plan = await TerminateBackend(db).plan(_target(backend), {})
    await gone.close()
    await asked_until(lambda: backends(db.client, [backend.pid]), lambda rows: not rows)
    outcome = await _run(tmp_path, plan)
    assert outcome.verdict is Verdict.FAILED
    assert "that session had ended already" in outcome.message
    with pytest.raises(NotFound, match="there is no backend"):
        await TerminateBackend(db).plan(_target(backend), {})
    later = await _backend(db, (await session()).info.backend_pid)
    with pytest.raises(NotFound, match="another session has its pid now"):
        await TerminateBackend(db).plan(Target("backend", str(later.pid), "", f"{later.pid}/2020-01-01/1"), {})


async def test_a_lost_answer_is_read_back_and_nothing_is_sent_twice(
    connect: Connect, server: Server, session: Apply, tmp_path: Path
) -> None:
    async with relay(plain_port(server)) as way:
        db = connect("oncall", port=way.port, sslmode="disable")
        victim = await session()
        plan = await TerminateBackend(db).plan(_target(await _backend(db, victim.info.backend_pid)), {})
        way.losing = b"pg_terminate_backend"
        outcome = await _run(tmp_path, plan)
    assert way.lost == 1
    assert (outcome.verdict, "read back: it is there" in outcome.message) == (Verdict.DONE, True)


async def test_the_console_s_own_sessions_are_spared(connect: Connect, tmp_path: Path) -> None:
    db, other = connect("oncall"), connect("oncall")
    await other.client.read("pulse")
    for pid in (*other.client.own_pids, *db.client.own_pids):
        plan = await TerminateBackend(db).plan(Target("backend", str(pid)), {"force": "yes"})
        assert "the console itself" in plan.blockers[0]
    assert "console itself" in TerminateBackend(other).hindrance(Target("backend", str(other.client.own_pids[0])))
    assert (await _run(tmp_path, plan)).verdict is Verdict.REFUSED


async def test_without_the_right_it_is_refused_with_the_grant(connect: Connect, session: Apply, tmp_path: Path) -> None:
    victim = await session()
    db = connect("viewer")
    plan = await TerminateBackend(db).plan(_target(await _backend(db, victim.info.backend_pid)), {})
    assert "GRANT pg_signal_backend TO viewer;" in plan.blockers[0]
    assert (await _run(tmp_path, plan)).verdict is Verdict.REFUSED
    assert (await _backend(connect("oncall"), victim.info.backend_pid)).pid


async def test_a_superuser_s_session_needs_a_superuser(connect: Connect, session: Apply) -> None:
    victim, db = await session("sandbox"), connect("oncall")
    plan = await TerminateBackend(db).plan(_target(await _backend(db, victim.info.backend_pid)), {})
    assert "SUPERUSER" in plan.blockers[0]


async def test_who_cannot_see_cannot_pin(connect: Connect, session: Apply) -> None:
    victim, db = await session(), connect("nobody")
    plan = await TerminateBackend(db).plan(Target("backend", str(victim.info.backend_pid)), {})
    assert any("GRANT pg_read_all_stats TO nobody;" in why for why in plan.blockers)


async def test_the_right_lost_in_between_stops_it(connect: Connect, session: Apply, tmp_path: Path) -> None:
    victim, admin = await session(), await session("sandbox", autocommit=True)
    db = connect("oncall")
    plan = await TerminateBackend(db).plan(_target(await _backend(db, victim.info.backend_pid)), {})
    await admin.execute("REVOKE pg_signal_backend FROM oncall")
    try:
        outcome = await _run(tmp_path, plan)
        assert (outcome.verdict, "pg_signal_backend" in outcome.message) == (Verdict.REFUSED, True)
        with pytest.raises(Exception, match=r"[Pp]ermission denied|must be a member"):
            await plan.steps.apply()
    finally:
        await admin.execute("GRANT pg_signal_backend TO oncall")


async def test_the_server_s_own_processes_are_left_alone(connect: Connect, session: Apply) -> None:
    admin = await session("sandbox", autocommit=True)
    found = await admin.execute("SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'")
    pid = (await found.fetchone())[0]
    plan = await TerminateBackend(connect("oncall")).plan(Target("backend", str(pid)), {"force": "yes"})
    assert "it is the server's own checkpointer" in plan.blockers


async def test_what_makes_no_sense_is_named(connect: Connect, session: Apply) -> None:
    db, idle = connect("oncall"), await session(autocommit=True)
    for name in ("x", "-1", "99999999999", "0"):
        with pytest.raises(UsageError):
            await TerminateBackend(db).plan(Target("backend", name), {})
    backend = await _backend(db, idle.info.backend_pid)
    with pytest.raises(UsageError, match="force is yes or no"):
        await TerminateBackend(db).plan(_target(backend), {"force": "please"})
    plan = await CancelBackend(db).plan(_target(backend), {})
    assert "it runs nothing (idle)" in plan.blockers[0]
    assert "nobody waits for it" in plan.interrupts


async def test_what_has_no_effect_is_stuck(connect: Connect, session: Apply, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("providers.postgres.signal_steps.LONGEST", 0.1)
    victim, db = await session(), connect("oncall")
    plan = await TerminateBackend(db).plan(_target(await _backend(db, victim.info.backend_pid)), {})
    async with aclosing(plan.steps.follow()) as steps:
        seen = [step async for step in steps]
    assert [step.stage for step in seen] == [Stage.RUNNING, Stage.STUCK]
    assert await plan.steps.settled() is False
