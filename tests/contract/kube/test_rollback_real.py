"""Rollback against a real API server and real pods: what the sandbox promises, the original keeps."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from providers.core.action import Outcome, Plan, Stage, Target, Verdict
from providers.core.audit import Audit
from providers.core.config import GateSettings
from providers.core.errors import Conflict
from providers.core.gate import Confirmation, Gate
from providers.core.operator import Operator
from providers.kube.provider import Kube
from providers.kube.rollback import Rollback
from tests.contract.kube.dropping import dropping
from tests.contract.kube.real import IMAGE, NAME, VARIABLE, RealNamespace, real_namespace

pytestmark = [
    pytest.mark.real_cluster,
    pytest.mark.skipif(VARIABLE not in os.environ, reason=f"{VARIABLE} is not set"),
]
CRASH = {"command": ["sh", "-c", "exit 3"]}
OLDER = IMAGE.replace("1.2.0", "1.1.0")
Connect = Callable[..., Kube]


@pytest.fixture
async def real() -> AsyncIterator[RealNamespace]:
    async with real_namespace() as namespace:
        yield namespace


def _kube(real: RealNamespace, connect_to: Connect, user: str = "admin") -> Kube:
    path = Path(os.environ[VARIABLE]) if user == "admin" else real.kubeconfig(user)
    return connect_to(path, real.name)


async def _plan(real: RealNamespace, kube: Kube, revision: str = "") -> Plan:
    uid = (await real.read())["metadata"]["uid"]
    target = Target("deployment", NAME, real.name, uid)
    return await Rollback(kube).plan(target, {"to_revision": revision} if revision else {})


async def _run(plan: Plan, directory: Path) -> Outcome:
    audit = Audit(directory / "state" / "audit")
    gate = Gate("test", False, audit, Operator.current({}), GateSettings(), state_dir=directory / "state")
    gate.arm("test")
    outcome = await gate.run(plan, Confirmation(NAME, "test"), lambda _: None)
    gate.disarm("test over")
    return outcome


async def test_a_crash_looping_release_is_rolled_back_while_it_rolls(
    real: RealNamespace, connect_to: Connect, tmp_path: Path
) -> None:
    await real.deploy(replicas=2)
    await real.release(**CRASH)
    plan = await _plan(real, _kube(real, connect_to))
    assert plan.dry_run.state == "passed" and plan.blockers == ()
    assert [(c.field, c.before, c.after) for c in plan.diff] == [(f"{NAME} command", "sh -c exit 3", None)]
    assert any(line.startswith("revision 1 is proved: ") for line in plan.interrupts)
    outcome = await _run(plan, tmp_path)
    assert (outcome.verdict, outcome.progress and outcome.progress.stage) == (Verdict.DONE, Stage.DONE)
    assert [f.verdict.value for f in outcome.findings] == ["pass", "pass"]
    assert "command" not in (await real.read())["spec"]["template"]["spec"]["containers"][0]


async def test_status_moves_and_the_plan_holds(real: RealNamespace, connect_to: Connect, tmp_path: Path) -> None:
    await real.deploy()
    await real.release(image=OLDER)
    plan = await _plan(real, _kube(real, connect_to), "1")
    version = (await real.read())["metadata"]["resourceVersion"]
    await real.until(lambda d: d["metadata"]["resourceVersion"] != version and d["status"]["updatedReplicas"] == 1)
    assert (await _run(plan, tmp_path)).verdict is Verdict.DONE


@pytest.mark.parametrize(
    "change", [{"spec": {"minReadySeconds": 1}}, {"metadata": {"annotations": {"team": "bridge"}}}]
)
async def test_an_edit_by_somebody_else_is_kept(
    real: RealNamespace, connect_to: Connect, change: dict[str, Any]
) -> None:
    await real.deploy()
    await real.release(image=OLDER)
    plan = await _plan(real, _kube(real, connect_to), "1")
    await real.merge(change)
    with pytest.raises(Conflict, match=r"is not what it was when the plan was made: generation 3, was 2"):
        await plan.steps.apply()
    now = await real.read()
    assert now["metadata"]["generation"] == 3
    assert now["spec"]["template"]["spec"]["containers"][0]["image"] == OLDER
    assert await plan.steps.settled() is None


async def test_a_lost_answer_is_read_back_and_never_sent_again(
    real: RealNamespace, connect_to: Connect, tmp_path: Path
) -> None:
    await real.deploy()
    await real.admit("oncall", "edit")
    await real.release(image=OLDER)
    async with dropping(real.kubeconfig("oncall"), tmp_path) as (proxy, kubeconfig):
        plan = await _plan(real, connect_to(kubeconfig, real.name), "1")
        outcome = await _run(plan, tmp_path)
        assert proxy.changes == 1
    assert outcome.verdict is Verdict.DONE
    assert "the answer was lost; read back: it is there" in outcome.message
    assert (await real.read())["metadata"]["generation"] == 3


async def test_a_viewer_reads_a_plan_that_cannot_run(real: RealNamespace, connect_to: Connect, tmp_path: Path) -> None:
    await real.deploy()
    await real.release(image=OLDER)
    plan = await _plan(real, _kube(real, connect_to, "viewer"), "1")
    assert plan.blockers == (f"not allowed: patch deployments.apps in {real.name} is missing",)
    outcome = await _run(plan, tmp_path)
    assert outcome.verdict is Verdict.REFUSED
    assert (await real.read())["metadata"]["generation"] == 2


async def test_a_rollout_that_is_stuck_says_which_pod_and_why(
    real: RealNamespace, connect_to: Connect, tmp_path: Path
) -> None:
    await real.deploy()
    await real.release(image="lab.local/fusion-bitcoin/frontend:9.9.9")
    await real.release(image=IMAGE, env=[{"name": "RELEASE", "value": "3"}])
    plan = await _plan(real, _kube(real, connect_to), "2")
    await plan.steps.apply()
    async with aclosing(plan.steps.follow()) as steps:
        last = [progress async for progress in steps][-1]
    assert last.stage is Stage.STUCK
    assert "has timed out progressing" in last.message
    assert "ImagePullBackOff" in last.message or "ErrImagePull" in last.message
