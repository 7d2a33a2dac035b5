"""Rollback end to end: the gate, one request, the server's own refusal, and what a lost answer means."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from providers.core.action import Outcome, Plan, Stage, Target, Verdict
from providers.core.audit import Audit
from providers.core.config import GateSettings
from providers.core.errors import UsageError
from providers.core.gate import Confirmation, Gate
from providers.core.operator import Operator
from providers.kube import health
from providers.kube.provider import Kube
from providers.kube.rollback import Rollback
from providers.kube.rollouts import history
from sandbox.cluster.cluster import Cluster
from sandbox.cluster.nodes import WORKLOAD_FAULTS
from tests.contract.kube.dropping import dropping

NAME = "fusion-bitcoin-relayer"
TARGET = Target("deployment", NAME, "fusion-bitcoin")
BAD_RELEASE = next(fault for fault in WORKLOAD_FAULTS if fault.name == "bad-release")


@pytest.fixture(autouse=True)
def quick_verify(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second look at restart counts comes at once."""
    monkeypatch.setattr(health.verify, "__kwdefaults__", {"window": 0.05})


def _gate(tmp_path: Path) -> Gate:
    audit = Audit(tmp_path / "state" / "audit")
    return Gate("test", False, audit, Operator.current({}), GateSettings(), state_dir=tmp_path / "state")


async def _run(gate: Gate, plan: Plan, typed: str = NAME) -> Outcome:
    gate.arm("test")
    outcome = await gate.run(plan, Confirmation(typed, "test"), lambda _: None)
    gate.disarm("test over")
    return outcome


def _patches(cluster: Cluster) -> int:
    """PATCH requests that were no dry run."""
    return sum(1 for e in cluster.request_log.entries if e.method == "PATCH" and "dryRun" not in e.path)


async def test_a_release_that_never_came_up_is_rolled_back(
    cluster: Cluster, connect: Callable[[str], Kube], tmp_path: Path
) -> None:
    await BAD_RELEASE.inject(cluster.runtime)
    plan = await Rollback(connect("oncall")).plan(TARGET, {})
    assert plan.dry_run.state == "passed"
    assert any("image" in change.field and "1.3.0" in (change.before or "") for change in plan.diff)
    gate = _gate(tmp_path)
    outcome = await _run(gate, plan)
    assert (outcome.verdict, outcome.progress and outcome.progress.stage) == (Verdict.DONE, Stage.DONE)
    assert _patches(cluster) == 1
    images = cluster.store.get("deployments.apps", "fusion-bitcoin", NAME)["spec"]["template"]["spec"]["containers"]
    assert images[0]["image"].endswith(":1.2.0")
    kinds = [entry.kind for entry in Audit(tmp_path / "state" / "audit").tail(20)]
    assert kinds.index("intent") < kinds.index("sent") < kinds.index("outcome") < kinds.index("verified")


async def test_somebody_else_s_change_in_between_is_kept(
    cluster: Cluster, connect: Callable[[str], Kube], tmp_path: Path
) -> None:
    plan = await Rollback(connect("oncall")).plan(TARGET, {"to_revision": "1"})
    cluster.store.modify("deployments.apps", "fusion-bitcoin", NAME, lambda d: d["spec"].update(replicas=4))
    outcome = await _run(_gate(tmp_path), plan)
    assert outcome.verdict is Verdict.FAILED
    assert "nothing was changed" in outcome.message
    assert "is not what it was when the plan was made" in outcome.message
    assert _patches(cluster) == 1
    now = cluster.store.get("deployments.apps", "fusion-bitcoin", NAME)["spec"]
    assert now["replicas"] == 4
    assert now["template"]["spec"]["containers"][0]["image"].endswith(":1.2.0")


async def test_status_alone_does_not_spoil_a_plan(
    cluster: Cluster, connect: Callable[[str], Kube], tmp_path: Path
) -> None:
    plan = await Rollback(connect("oncall")).plan(TARGET, {"to_revision": "2"})
    cluster.store.modify(
        "deployments.apps", "fusion-bitcoin", NAME, lambda d: d["status"].update(readyReplicas=1), subresource="status"
    )
    assert (await _run(_gate(tmp_path), plan)).verdict is Verdict.DONE


async def test_a_viewer_is_refused_before_anything_is_sent(
    cluster: Cluster, connect: Callable[[str], Kube], tmp_path: Path
) -> None:
    plan = await Rollback(connect("viewer")).plan(TARGET, {"to_revision": "2"})
    assert plan.dry_run.state == "not offered"
    assert plan.blockers == ("not allowed: patch deployments.apps in fusion-bitcoin is missing",)
    outcome = await _run(_gate(tmp_path), plan)
    assert outcome.verdict is Verdict.REFUSED
    assert "patch deployments.apps" in outcome.message
    assert cluster.request_log.count("PATCH") == 0


@pytest.mark.parametrize("typed", ["", "fusion-bitcoin-relayer ", "FUSION-BITCOIN-RELAYER", "y"])
async def test_a_wrong_name_sends_nothing(
    cluster: Cluster, connect: Callable[[str], Kube], tmp_path: Path, typed: str
) -> None:
    plan = await Rollback(connect("oncall")).plan(TARGET, {"to_revision": "2"})
    assert (await _run(_gate(tmp_path), plan, typed)).verdict is Verdict.REFUSED
    assert _patches(cluster) == 0


async def test_revisions_that_make_no_sense_are_named(connect: Callable[[str], Kube]) -> None:
    kube = connect("oncall")
    for text in ("99", "x", "-1"):
        with pytest.raises(UsageError) as caught:
            await Rollback(kube).plan(TARGET, {"to_revision": text})
        assert "1" in caught.value.fix


async def test_the_running_revision_is_a_blocker(connect: Callable[[str], Kube]) -> None:
    plan = await Rollback(connect("oncall")).plan(TARGET, {"to_revision": "3"})
    assert plan.blockers == ("revision 3 is what runs now",)


async def test_after_two_bad_releases_what_still_serves_is_chosen(
    cluster: Cluster, connect: Callable[[str], Kube], tmp_path: Path
) -> None:
    kube = connect("oncall")
    for image in ("9.9.1", "9.9.2"):
        cluster.store.modify("deployments.apps", "fusion-bitcoin", NAME, partial(_set_image, f"lost/relayer:{image}"))
        await _until(partial(_knows_image, kube, image))
    plan = await Rollback(kube).plan(TARGET, {})
    assert plan.title.startswith(f"Roll back deployment/{NAME} to revision 3")
    assert any(line.startswith("revision 3 is proved") for line in plan.interrupts)
    assert (await _run(_gate(tmp_path), plan)).verdict is Verdict.DONE


async def test_a_paused_deployment_is_a_blocker_with_its_fix(cluster: Cluster, connect: Callable[[str], Kube]) -> None:
    cluster.store.modify("deployments.apps", "fusion-bitcoin", NAME, lambda d: d["spec"].update(paused=True))
    plan = await Rollback(connect("oncall")).plan(TARGET, {"to_revision": "1"})
    assert plan.blockers == (
        f"it is paused, so nothing would roll: kubectl rollout resume deployment/{NAME} -n fusion-bitcoin",
    )


async def test_a_lost_answer_is_unknown_then_read_back_and_never_sent_again(
    cluster: Cluster, connect_to: Callable[[Path], Kube], tmp_path: Path
) -> None:
    async with dropping(cluster.kubeconfigs["oncall"], tmp_path) as (proxy, kubeconfig):
        plan = await Rollback(connect_to(kubeconfig)).plan(TARGET, {"to_revision": "2"})
        said: list[str] = []
        gate = _gate(tmp_path)
        gate.arm("test")
        outcome = await gate.run(plan, Confirmation(NAME, "test"), lambda progress: said.append(progress.message))
        gate.disarm("test over")
        assert outcome.verdict is Verdict.DONE
        assert "read back: it is there" in outcome.message
        assert any(message.startswith("outcome unknown") for message in said)
        assert proxy.changes == 1
    assert _patches(cluster) == 1


async def test_settled_tells_there_from_not_there_from_cannot_tell(
    cluster: Cluster, connect: Callable[[str], Kube]
) -> None:
    kube = connect("oncall")
    plan = await Rollback(kube).plan(TARGET, {"to_revision": "2"})
    assert await plan.steps.settled() is False
    await plan.steps.apply()
    assert await plan.steps.settled() is True
    cluster.store.modify("deployments.apps", "fusion-bitcoin", NAME, partial(_set_image, "other/relayer:1"))
    assert await plan.steps.settled() is None


async def test_following_says_who_went_on(cluster: Cluster, connect: Callable[[str], Kube]) -> None:
    plan = await Rollback(connect("oncall")).plan(TARGET, {"to_revision": "2"})
    await plan.steps.apply()
    cluster.store.modify("deployments.apps", "fusion-bitcoin", NAME, partial(_set_image, "other/relayer:1"))
    async with aclosing(plan.steps.follow()) as steps:
        last = [progress async for progress in steps][-1]
    assert last.stage is Stage.FAILED
    assert last.message.startswith("superseded: the spec was changed again")


async def test_scaling_meanwhile_does_not_end_the_following(cluster: Cluster, connect: Callable[[str], Kube]) -> None:
    plan = await Rollback(connect("oncall")).plan(TARGET, {"to_revision": "2"})
    await plan.steps.apply()
    cluster.store.modify("deployments.apps", "fusion-bitcoin", NAME, lambda d: d["spec"].update(replicas=2))
    async with aclosing(plan.steps.follow()) as steps:
        last = [progress async for progress in steps][-1]
    assert (last.stage, last.message) == (Stage.DONE, "2 of 2 updated and available")


async def test_following_lasts_through_a_cut(cluster: Cluster, connect: Callable[[str], Kube]) -> None:
    plan = await Rollback(connect("oncall")).plan(TARGET, {"to_revision": "2"})
    await plan.steps.apply()
    port, said = cluster.port, []
    await cluster.hang_up()
    async with asyncio.timeout(30), aclosing(plan.steps.follow()) as steps:
        async for progress in steps:
            said.append(progress)
            if progress.message.startswith("cannot see it just now"):
                await cluster.listen(port)
    assert said[0].message.startswith("cannot see it just now")
    assert said[-1].stage is Stage.DONE


async def test_health_waits_for_a_cluster_that_restarts(cluster: Cluster, connect: Callable[[str], Kube]) -> None:
    plan = await Rollback(connect("oncall")).plan(TARGET, {"to_revision": "2"})
    port = cluster.port
    await cluster.hang_up()
    judging = asyncio.create_task(plan.steps.verify())
    await asyncio.wait({judging}, timeout=0.2)
    assert not judging.done()
    await cluster.listen(port)
    findings = await asyncio.wait_for(judging, 20)
    assert {f.summary for f in findings} >= {"restarts stand still", "3 of 3 ready"}


def _set_image(image: str, deployment: dict[str, Any]) -> None:
    deployment["spec"]["template"]["spec"]["containers"][0]["image"] = image


async def _knows_image(kube: Kube, tag: str) -> bool:
    past = await history(kube.client, "fusion-bitcoin", NAME)
    return past.current is not None and past.current.images[0].endswith(tag)


async def _until(met: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(10):
        while not await met():
            await asyncio.sleep(0)
