"""Restart, scale, image, resources and deletion: planned, rehearsed, sent once, followed, judged."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from providers.core.action import Plan, Progress, Risk, Stage, Target, Verdict
from providers.core.errors import Conflict, NotFound, UsageError
from providers.kube import health
from providers.kube.delete_pod import DeletePod
from providers.kube.image import SetImage
from providers.kube.provider import Kube
from providers.kube.resources import SetResources
from providers.kube.restart import RESTARTED_AT, RollingRestart
from providers.kube.rollouts import CHANGE_CAUSE, history
from providers.kube.scale import Scale
from sandbox.cluster.cluster import Cluster
from tests.contract.kube.gated import run

SPACE = "fusion-bitcoin"
NAME = "fusion-bitcoin-relayer"
IMAGE = "registry.example/fusion-bitcoin/relayer"
TARGET = Target("deployment", NAME, SPACE)
Connect = Callable[[str], Kube]


@pytest.fixture(autouse=True)
def quick_verify(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second look at restart counts comes at once."""
    monkeypatch.setattr(health.verify, "__kwdefaults__", {"window": 0.05})


def _deployment(cluster: Cluster) -> Any:
    return cluster.store.get("deployments.apps", SPACE, NAME)


def _container(cluster: Cluster) -> Any:
    return _deployment(cluster)["spec"]["template"]["spec"]["containers"][0]


def _pods(cluster: Cluster, app: str = NAME) -> list[Any]:
    return [p for p in cluster.store.list("pods", SPACE) if p["metadata"].get("labels", {}).get("app") == app]


def _writes(cluster: Cluster, method: str) -> int:
    return sum(1 for e in cluster.request_log.entries if e.method == method and "dryRun" not in e.path)


def _says(plan: Plan, words: str) -> bool:
    return any(words in line for line in plan.interrupts)


async def test_a_restart_replaces_every_pod_and_nothing_else(
    cluster: Cluster, connect: Connect, tmp_path: Path
) -> None:
    before = {p["metadata"]["uid"] for p in _pods(cluster)}
    image = _container(cluster)["image"]
    plan = await RollingRestart(connect("oncall")).plan(TARGET, {})
    assert [c.field for c in plan.diff] == [f"annotation {RESTARTED_AT}", "change cause"]
    assert plan.equivalent == f"kubectl rollout restart deployment/{NAME} -n {SPACE}"
    outcome = await run(plan, tmp_path)
    assert outcome.verdict is Verdict.DONE and all(f.verdict.value == "pass" for f in outcome.findings[:2])
    assert not before & {p["metadata"]["uid"] for p in _pods(cluster)}
    assert _container(cluster)["image"] == image
    assert _writes(cluster, "PATCH") == 1


async def test_scaling_up_and_down_moves_the_replicas(cluster: Cluster, connect: Connect, tmp_path: Path) -> None:
    kube = connect("admin")
    plan = await Scale(kube).plan(TARGET, {"replicas": "4"})
    assert _says(plan, "1 more pod, each asks for 0.25 cpu and 512 Mi")
    assert _says(plan, "the nodes have room for")
    assert plan.inverse.endswith("--current-replicas=4 --replicas=3")
    assert (await run(plan, tmp_path)).verdict is Verdict.DONE
    assert _deployment(cluster)["status"]["readyReplicas"] == 4
    plan = await Scale(kube).plan(TARGET, {"replicas": "1"})
    assert _says(plan, "takes 3 of 4 pods away") and _says(plan, "one pod is left")
    assert (await run(plan, tmp_path)).verdict is Verdict.DONE
    assert len([p for p in _pods(cluster) if "deletionTimestamp" not in p["metadata"]]) == 1


async def test_scaling_to_nothing_is_destructive(connect: Connect) -> None:
    plan = await Scale(connect("oncall")).plan(TARGET, {"replicas": "0"})
    assert plan.risk is Risk.DESTRUCTIVE
    assert _says(plan, "full outage")
    assert _says(plan, "whether the nodes have room") is False


async def test_what_may_not_be_read_is_said_in_the_plan(connect: Connect) -> None:
    plan = await Scale(connect("oncall")).plan(TARGET, {"replicas": "9"})
    assert _says(plan, "whether the nodes have room is not known: nodes is forbidden")


@pytest.mark.parametrize("text", ["", "x", "-1", "2.5", "1001"])
async def test_replicas_that_are_no_number_are_named(connect: Connect, text: str) -> None:
    with pytest.raises(UsageError, match="replicas are a number"):
        await Scale(connect("oncall")).plan(TARGET, {"replicas": text})


async def test_an_image_by_its_tag_alone_rolls_and_leaves_its_cause(
    cluster: Cluster, connect: Connect, tmp_path: Path
) -> None:
    kube = connect("oncall")
    plan = await SetImage(kube).plan(TARGET, {"image": ":1.1.0"})
    assert [(c.before, c.after) for c in plan.diff if c.field == "relayer image"] == [
        (f"{IMAGE}:1.2.0", f"{IMAGE}:1.1.0")
    ]
    assert _says(plan, "revision 2 ran this image")
    assert plan.inverse == f"kubectl rollout undo deployment/{NAME} -n {SPACE} --to-revision=3"
    assert (await run(plan, tmp_path)).verdict is Verdict.DONE
    assert _container(cluster)["image"] == f"{IMAGE}:1.1.0"
    cause = _deployment(cluster)["metadata"]["annotations"][CHANGE_CAUSE]
    assert cause == f"relayer image {IMAGE}:1.1.0, set by oncall (fusion-console)"
    newest = (await history(kube.client, SPACE, NAME)).revisions[0]
    assert (newest.cause, newest.by) == (cause, "fusion-console")


async def test_an_image_that_cannot_be_pulled_is_stuck_with_the_reason(
    cluster: Cluster, connect: Connect, tmp_path: Path
) -> None:
    plan = await SetImage(connect("oncall")).plan(TARGET, {"image": ":9.9.9"})
    outcome = await run(plan, tmp_path)
    assert outcome.progress is not None and outcome.progress.stage is Stage.STUCK
    assert "ErrImagePull" in outcome.progress.message or "ImagePullBackOff" in outcome.progress.message


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"image": "two words"}, "is no image"),
        ({"image": ":"}, "is no image"),
        ({"image": ":1.3.0", "container": "nginx"}, "there is no container"),
    ],
)
async def test_an_image_that_makes_no_sense_is_named(connect: Connect, options: dict[str, str], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        await SetImage(connect("oncall")).plan(TARGET, options)


async def test_several_containers_have_to_be_told_apart(connect: Connect) -> None:
    target = Target("deployment", "fusion-bitcoin-resolver", SPACE)
    with pytest.raises(UsageError) as caught:
        await SetImage(connect("oncall")).plan(target, {"image": ":2"})
    assert "resolver" in caught.value.fix and "telemetry" in caught.value.fix
    plan = await SetImage(connect("oncall")).plan(target, {"image": ":2", "container": "telemetry"})
    assert any(c.field == "telemetry image" for c in plan.diff)


async def test_resources_change_what_was_given_and_keep_the_rest(
    cluster: Cluster, connect: Connect, tmp_path: Path
) -> None:
    plan = await SetResources(connect("oncall")).plan(TARGET, {"memory_limit": "1536Mi", "cpu_request": "300m"})
    assert {c.field for c in plan.diff} == {"relayer limits memory", "relayer requests cpu", "change cause"}
    assert _says(plan, "the busiest pod uses")
    assert (await run(plan, tmp_path)).verdict is Verdict.DONE
    assert _container(cluster)["resources"] == {
        "requests": {"cpu": "300m", "memory": "512Mi"},
        "limits": {"cpu": "1", "memory": "1536Mi"},
    }


async def test_the_diff_is_what_the_server_makes_of_it(connect: Connect) -> None:
    plan = await SetResources(connect("oncall")).plan(TARGET, {"cpu_request": "none"})
    assert [(c.before, c.after) for c in plan.diff if c.field == "relayer requests cpu"] == [("250m", "1")]
    assert "--requests=cpu=0,memory=512Mi" in plan.equivalent


async def test_a_memory_limit_below_what_is_used_says_who_dies(connect: Connect) -> None:
    plan = await SetResources(connect("oncall")).plan(TARGET, {"memory_limit": "64Mi", "memory_request": "64Mi"})
    assert _says(plan, "pods will be killed (OOMKilled)")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "nothing to change was given"),
        ({"cpu_limit": "much"}, "cpu_limit: 'much' is no quantity"),
        ({"memory_limit": "-1"}, "is no quantity"),
        ({"cpu_request": "2"}, "the request 2 is above the limit 1"),
    ],
)
async def test_resources_that_make_no_sense_are_named(connect: Connect, options: dict[str, str], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        await SetResources(connect("oncall")).plan(TARGET, options)


@pytest.mark.parametrize(
    ("action", "options"),
    [(SetImage, {"image": ":1.2.0"}), (SetResources, {"cpu_limit": "1"}), (Scale, {"replicas": "3"})],
)
async def test_a_change_that_changes_nothing_is_a_blocker(
    connect: Connect, action: Callable[[Kube], Any], options: dict[str, str]
) -> None:
    plan = await action(connect("oncall")).plan(TARGET, options)
    assert any("already" in reason for reason in plan.blockers)


@pytest.mark.parametrize(
    ("action", "options"),
    [(RollingRestart, {}), (SetImage, {"image": ":1.1.0"}), (SetResources, {"cpu_limit": "2"})],
)
async def test_what_has_to_roll_does_not_run_while_paused(
    cluster: Cluster, connect: Connect, action: Callable[[Kube], Any], options: dict[str, str]
) -> None:
    cluster.store.modify("deployments.apps", SPACE, NAME, lambda d: d["spec"].update(paused=True))
    plan = await action(connect("oncall")).plan(TARGET, options)
    assert any("rollout resume" in reason for reason in plan.blockers)


async def test_a_deleted_pod_is_followed_until_another_serves(
    cluster: Cluster, connect: Connect, tmp_path: Path
) -> None:
    pod = _pods(cluster)[0]["metadata"]
    plan = await DeletePod(connect("oncall")).plan(Target("pod", pod["name"], SPACE, pod["uid"]), {"grace": "1"})
    assert plan.dry_run.state == "passed" and plan.risk is Risk.HIGH
    assert "deletionTimestamp" not in cluster.store.get("pods", SPACE, pod["name"])["metadata"]
    assert _says(plan, "makes another; 2 other ready pods meanwhile")
    assert _says(plan, "budget fusion-bitcoin-relayer (min available 2)")
    said: list[Progress] = []
    outcome = await run(plan, tmp_path, said.append)
    assert outcome.verdict is Verdict.DONE
    assert "is ready in its place" in said[-1].message
    assert pod["uid"] not in {p["metadata"]["uid"] for p in _pods(cluster)}
    assert _writes(cluster, "DELETE") == 2, "one of them is the rehearsal"


async def test_the_last_ready_replica_is_destructive(cluster: Cluster, connect: Connect, tmp_path: Path) -> None:
    kube = connect("oncall")
    await run(await Scale(kube).plan(TARGET, {"replicas": "1"}), tmp_path)
    left = next(p["metadata"] for p in _pods(cluster) if "deletionTimestamp" not in p["metadata"])
    plan = await DeletePod(kube).plan(Target("pod", left["name"], SPACE, left["uid"]), {})
    assert plan.risk is Risk.DESTRUCTIVE
    assert _says(plan, "the last ready replica") and _says(plan, "allows none: this is one too many")


async def test_a_pod_that_is_gone_or_another_by_now_is_left_alone(
    cluster: Cluster, connect: Connect, tmp_path: Path
) -> None:
    kube = connect("oncall")
    name = _pods(cluster)[0]["metadata"]["name"]
    with pytest.raises(NotFound, match="another pod by now"):
        await DeletePod(kube).plan(Target("pod", name, SPACE, "another-uid"), {})
    plan = await DeletePod(kube).plan(Target("pod", name, SPACE), {"grace": "0"})
    cluster.store.delete("pods", SPACE, name, grace=0)
    with pytest.raises(Conflict, match="gone already"):
        await plan.steps.apply()
    assert await plan.steps.settled() is True


async def test_a_viewer_may_change_nothing(cluster: Cluster, connect: Connect) -> None:
    kube = connect("viewer")
    pod = _pods(cluster)[0]["metadata"]["name"]
    plans = [
        await RollingRestart(kube).plan(TARGET, {}),
        await DeletePod(kube).plan(Target("pod", pod, SPACE), {}),
    ]
    assert [p.blockers for p in plans] == [
        (f"not allowed: patch deployments.apps in {SPACE} is missing",),
        (f"not allowed: delete pods in {SPACE} is missing",),
    ]
    assert _writes(cluster, "PATCH") == _writes(cluster, "DELETE") == 0
