"""Emptying a database end to end: the gate, one FLUSHDB, the run it was meant for, and what a lost answer means."""

from __future__ import annotations

import signal
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest
import pytest_asyncio

from providers.core.action import Outcome, Plan, Risk, Stage, Verdict
from providers.core.audit import Audit
from providers.core.config import GateSettings
from providers.core.errors import Conflict, Denied, NotFound, Refused
from providers.core.gate import Confirmation, Gate
from providers.core.operator import Operator
from providers.redis import flush_steps
from providers.redis.flush import FlushCache
from providers.redis.provider import Redis
from tests.contract.redis.conftest import Connect
from tests.contract.redis.relay import relay
from tests.contract.redis.servers import FLAVOURS, Server, server, until

pytestmark = pytest.mark.asyncio(loop_scope="module")

NAME = "127.0.0.1/5"


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=FLAVOURS)
async def cache(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    async with server(tmp_path_factory.mktemp("cache") / "s", request.param) as made:
        yield made


@pytest_asyncio.fixture(autouse=True, loop_scope="module")
async def filled(cache: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two hundred keys in database 5, one in 0; nobody writes, and that is seen at once."""
    monkeypatch.setattr(flush_steps, "REFILL", 0.0)
    async with cache.direct as client, client.pipeline(transaction=False) as pipe:
        pipe.flushall()
        pipe.set("stays", "here")
        pipe.execute_command("SELECT", 5)
        for at in range(200):
            pipe.set(f"{'quote' if at % 4 else 'swap'}:{at}", "x", ex=1000 if at % 2 else None)
        pipe.execute_command("SELECT", 0)
        await pipe.execute()


async def _plan(redis: Redis) -> Plan:
    action = FlushCache(redis)
    return await action.plan(action.target, {})


def _gate(tmp_path: Path) -> Gate:
    audit = Audit(tmp_path / "state" / "audit")
    return Gate("test", False, audit, Operator.current({}), GateSettings(), state_dir=tmp_path / "state")


async def _run(gate: Gate, plan: Plan, typed: str = NAME) -> tuple[Outcome, list[str]]:
    said: list[str] = []
    gate.arm("test")
    outcome = await gate.run(plan, Confirmation(typed, "test"), lambda progress: said.append(progress.message))
    gate.disarm("test over")
    return outcome, said


async def _keys(cache: Server) -> dict[str, int]:
    info = await cache.do("INFO", "keyspace")
    return {name: parts["keys"] for name, parts in info.items()}


async def test_the_plan_says_what_goes(cache: Server, connect: Connect) -> None:
    plan = await _plan(connect(cache.settings(database=5)))
    assert plan.risk is Risk.DESTRUCTIVE
    assert plan.target.label == f"cache/{NAME}"
    assert plan.target.identity.endswith("/5")
    assert (plan.diff[0].before, plan.diff[0].after) == ("200", "0")
    assert {change.before for change in plan.diff[1:]} <= {"no TTL", "TTL 1000 s", "TTL 999 s", "TTL 998 s"}
    told = " · ".join(plan.interrupts)
    for words in (
        "no way back",
        "cold at first",
        "by a sample of",
        "quote ",
        "about 100 keys have no TTL",
        "the other databases keep their 1 keys",
    ):
        assert words in told
    assert plan.dry_run.state == "passed"
    assert plan.inverse == ""
    assert plan.blockers == ()
    command = f"redis-cli -h 127.0.0.1 -p {cache.port} -n 5 --user oncall --askpass FLUSHDB ASYNC"
    assert plan.equivalent == command
    assert "oncall-word" not in repr(plan)
    assert await _keys(cache) == {"db0": 1, "db5": 200}


async def test_it_empties_one_database_and_is_recorded(cache: Server, connect: Connect, tmp_path: Path) -> None:
    async with relay(cache.port) as way:
        settings = cache.settings(url=f"redis://127.0.0.1:{way.port}/5")
        plan = await _plan(connect(settings))
        outcome, said = await _run(_gate(tmp_path), plan)
        assert way.flushes == 1
    assert (outcome.verdict, outcome.progress and outcome.progress.stage) == (Verdict.DONE, Stage.DONE)
    assert await _keys(cache) == {"db0": 1}
    assert any("emptied" in line for line in said)
    assert [finding.check for finding in outcome.findings] == ["R02", "R06", "R04"]
    assert outcome.findings[1].summary == "nothing was read since"
    trail = list(Audit(tmp_path / "state" / "audit").tail(20))
    kinds = [entry.kind for entry in trail]
    assert kinds.index("intent") < kinds.index("sent") < kinds.index("outcome") < kinds.index("verified")
    assert "oncall-word" not in repr(trail)


@pytest.mark.parametrize("silent", [False, True])
async def test_a_lost_answer_is_read_back_and_never_sent_again(
    cache: Server, connect: Connect, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, silent: bool
) -> None:
    """Whether the connection is cut, or stays and nothing comes."""
    monkeypatch.setattr(flush_steps, "DEADLINE", 0.5)
    async with relay(cache.port) as way:
        plan = await _plan(connect(cache.settings(url=f"redis://127.0.0.1:{way.port}/5")))
        way.losing, way.silent = True, silent
        outcome, said = await _run(_gate(tmp_path), plan)
        assert way.flushes == 1
    assert outcome.verdict is Verdict.DONE
    assert "read back: it is there" in outcome.message
    assert any(line.startswith("outcome unknown") for line in said)
    assert await _keys(cache) == {"db0": 1}


async def test_settled_tells_there_from_not_there_from_cannot_tell(cache: Server, connect: Connect) -> None:
    plan = await _plan(connect(cache.settings(database=5)))
    assert await plan.steps.settled() is False
    await plan.steps.apply()
    assert await plan.steps.settled() is True
    await cache.do("CONFIG", "RESETSTAT")
    assert await plan.steps.settled() is None


async def test_another_run_of_the_server_is_left_alone(cache: Server, connect: Connect, tmp_path: Path) -> None:
    plan = await _plan(connect(cache.settings(database=5)))
    await cache.stop()
    await cache.start()
    async with cache.direct as client:
        await client.execute_command("SELECT", 0)
        await client.set("new", "data")
    outcome, _ = await _run(_gate(tmp_path), plan)
    assert outcome.verdict is Verdict.FAILED
    assert "nothing was changed" in outcome.message
    assert "another run of the server" in outcome.message
    assert await _keys(cache) == {"db0": 1}


async def test_a_target_of_another_run_is_not_planned_for(cache: Server, connect: Connect) -> None:
    redis = connect(cache.settings(database=5))
    plan = await _plan(redis)
    await cache.stop()
    await cache.start()
    with pytest.raises(NotFound, match="not the cache that answers now"):
        await FlushCache(redis).plan(plan.target, {})


@pytest.mark.parametrize("user", ["limited", "judged"])
async def test_without_the_right_it_is_refused_before(
    cache: Server, connect: Connect, tmp_path: Path, user: str
) -> None:
    """Told by ACL DRYRUN, or by the rules of the user."""
    redis = connect(cache.settings(user, 5))
    plan = await _plan(redis)
    assert plan.dry_run.state == "failed"
    assert f"ACL SETUSER {user} +flushdb" in plan.blockers[0]
    outcome, _ = await _run(_gate(tmp_path), plan)
    assert outcome.verdict is Verdict.REFUSED
    with pytest.raises(Denied) as caught:
        await plan.steps.apply()
    assert caught.value.permission == "+flushdb"
    assert (await _keys(cache))["db5"] == 200
    assert {p.right: p.allowed for p in await redis.permits()}["+flushdb"] is False


@pytest.mark.parametrize("typed", ["", "127.0.0.1", "127.0.0.1/0", "y"])
async def test_a_wrong_name_sends_nothing(cache: Server, connect: Connect, tmp_path: Path, typed: str) -> None:
    outcome, _ = await _run(_gate(tmp_path), await _plan(connect(cache.settings(database=5))), typed)
    assert outcome.verdict is Verdict.REFUSED
    assert (await _keys(cache))["db5"] == 200


async def test_following_tells_that_it_fills_again(
    cache: Server, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flush_steps, "REFILL", 10.0)
    monkeypatch.setattr(flush_steps, "EVERY", 0.01)
    plan = await _plan(connect(cache.settings(database=5)))
    await plan.steps.apply()
    said = []
    async with aclosing(plan.steps.follow()) as steps:
        async for progress in steps:
            said.append(progress)
            if "nobody has written yet" in progress.message:
                await cache.do("EVAL", "redis.call('SELECT', 5) redis.call('SET', 'quote:new', 1)", "0")
    assert said[-1].stage is Stage.DONE
    assert said[-1].message.startswith("emptied, and filling again: 1 keys")


async def test_an_empty_database_is_a_blocker(cache: Server, connect: Connect) -> None:
    plan = await _plan(connect(cache.settings(database=9)))
    assert plan.blockers == ("database 9 is empty",)


async def test_a_replica_is_a_blocker_and_refuses_by_itself(cache: Server, connect: Connect) -> None:
    redis = connect(cache.settings(database=5))
    plan = await _plan(redis)
    await cache.do("REPLICAOF", "127.0.0.1", "1")
    try:
        with pytest.raises(Conflict, match="it has become a replica of"):
            await plan.steps.apply()
        assert (await _plan(redis)).blockers == ("it is a replica of 127.0.0.1:1: go to the master",)
        assert await _keys(cache) == {"db0": 1, "db5": 200}
    finally:
        await cache.do("REPLICAOF", "NO", "ONE")
    await until(lambda: cache.do("PING"))


async def test_to_a_server_that_is_gone_or_stands_still_nothing_is_sent(cache: Server, connect: Connect) -> None:
    """And the outcome is known: it is no change."""
    redis = connect(cache.settings(database=5))
    still, gone = await _plan(redis), await _plan(redis)
    cache.signal(signal.SIGSTOP)
    with pytest.raises(Refused, match=r"nothing was sent: .* no answer to"):
        await still.steps.apply()
    await cache.stop()
    with pytest.raises(Refused, match=r"nothing was sent: .* connection refused"):
        await gone.steps.apply()
    await cache.start()
