"""The actions against a real API server and real pods: what the sandbox promises, the original keeps."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from providers.core.action import Outcome, Plan, Progress, Stage, Target, Verdict
from providers.core.errors import Conflict
from providers.kube.delete_pod import DeletePod
from providers.kube.health import Expectations
from providers.kube.image import SetImage
from providers.kube.impact import pods_of
from providers.kube.pod_deletion import PodDeletion
from providers.kube.provider import Kube
from providers.kube.resources import SetResources
from providers.kube.restart import RollingRestart
from providers.kube.rollouts import CHANGE_CAUSE, history
from providers.kube.scale import Scale
from tests.contract.kube.gated import run
from tests.contract.kube.real import IMAGE, NAME, VARIABLE, RealNamespace, real_namespace

pytestmark = [
    pytest.mark.real_cluster,
    pytest.mark.skipif(VARIABLE not in os.environ, reason=f"{VARIABLE} is not set"),
]
Connect = Callable[..., Kube]


@pytest.fixture
async def real() -> AsyncIterator[RealNamespace]:
    async with real_namespace() as namespace:
        await namespace.deploy(replicas=2)
        yield namespace


@pytest.fixture
async def kube(real: RealNamespace, connect_to: Connect) -> Kube:
    await real.admit("oncall", "edit")
    return connect_to(real.kubeconfig("oncall"), real.name)


async def _plan(real: RealNamespace, action: Any, options: dict[str, str]) -> Plan:
    uid = (await real.read())["metadata"]["uid"]
    plan: Plan = await action.plan(Target("deployment", NAME, real.name, uid), options)
    assert plan.dry_run.state == "passed", plan.dry_run.message
    assert plan.blockers == ()
    return plan


def _well(outcome: Outcome) -> bool:
    done = outcome.progress is not None and outcome.progress.stage is Stage.DONE
    return outcome.verdict is Verdict.DONE and done and all(f.verdict.value == "pass" for f in outcome.findings)


async def test_a_restart_replaces_the_pods(real: RealNamespace, kube: Kube, tmp_path: Path) -> None:
    before = {p.uid for p in await pods_of(real.client, real.name, {"app": NAME})}
    assert _well(await run(await _plan(real, RollingRestart(kube), {}), tmp_path))
    left = {p.uid for p in await pods_of(real.client, real.name, {"app": NAME}) if not p.deleting}
    assert len(left) == 2 and not before & left


async def test_scaling_takes_pods_away_and_brings_them_back(real: RealNamespace, kube: Kube, tmp_path: Path) -> None:
    for wanted in ("1", "3"):
        assert _well(await run(await _plan(real, Scale(kube), {"replicas": wanted}), tmp_path))
        assert (await real.read())["status"]["readyReplicas"] == int(wanted)


async def test_an_image_and_its_cause_are_in_the_history(real: RealNamespace, kube: Kube, tmp_path: Path) -> None:
    plan = await _plan(real, SetImage(kube), {"image": ":1.1.0"})
    assert _well(await run(plan, tmp_path))
    newest = (await history(real.client, real.name, NAME)).revisions[0]
    assert newest.images == (IMAGE.replace("1.2.0", "1.1.0"),)
    assert newest.by == "fusion-console"
    assert newest.cause == (await real.read())["metadata"]["annotations"][CHANGE_CAUSE]


async def test_an_image_nobody_has_is_stuck_with_the_reason(real: RealNamespace, kube: Kube, tmp_path: Path) -> None:
    outcome = await run(await _plan(real, SetImage(kube), {"image": ":9.9.9"}), tmp_path)
    assert outcome.progress is not None and outcome.progress.stage is Stage.STUCK
    assert "ErrImagePull" in outcome.progress.message or "ImagePullBackOff" in outcome.progress.message


async def test_resources_are_what_the_server_makes_of_them(real: RealNamespace, kube: Kube, tmp_path: Path) -> None:
    plan = await _plan(real, SetResources(kube), {"memory_limit": "64Mi", "cpu_request": "10m"})
    # The server fills the memory request in when the pods are made, not in the template.
    assert {c.field for c in plan.diff} >= {f"{NAME} limits memory", f"{NAME} requests cpu"}
    assert _well(await run(plan, tmp_path))
    resources = (await real.read())["spec"]["template"]["spec"]["containers"][0]["resources"]
    assert (resources["limits"]["memory"], resources["requests"]["cpu"]) == ("64Mi", "10m")


async def test_a_deleted_pod_is_followed_to_its_successor(real: RealNamespace, kube: Kube, tmp_path: Path) -> None:
    pod = (await pods_of(real.client, real.name, {"app": NAME}))[0]
    plan = await DeletePod(kube).plan(Target("pod", pod.name, real.name, pod.uid), {})
    assert (plan.dry_run.state, plan.blockers) == ("passed", ())
    assert pod.uid in {p.uid for p in await pods_of(real.client, real.name, {"app": NAME}) if not p.deleting}
    said: list[Progress] = []
    assert _well(await run(plan, tmp_path, said.append))
    assert "is ready in its place" in said[-1].message


async def test_the_server_itself_refuses_another_uid(real: RealNamespace, kube: Kube) -> None:
    pod = (await pods_of(real.client, real.name, {"app": NAME}))[0]
    deletion = PodDeletion(kube.client, msgspec.structs.replace(pod, uid="another"), None, "", Expectations())
    with pytest.raises(Conflict):
        await deletion.steps.apply()
    assert pod.uid in {p.uid for p in await pods_of(real.client, real.name, {"app": NAME}) if not p.deleting}
