"""Pods: placed, started, probed, killed, replaced, and what their logs say of it."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest

from sandbox.cluster.seams import LogUnavailable
from tests.contract.sandbox.workload_estate import (
    FAULTS,
    FRONTEND,
    NS,
    RELAYER,
    RESOLVER,
    is_ready,
    running,
    states,
    waits,
)


async def test_oom_kills_again_and_again_until_the_limit_is_raised() -> None:
    async with running() as estate:
        await FAULTS["oom"].inject(estate.nodes)
        await estate.until(lambda: any(waits(p, "CrashLoopBackOff") for p in estate.pods(RESOLVER)), "the back-off")
        pod = next(p for p in estate.pods(RESOLVER) if waits(p, "CrashLoopBackOff"))
        killed = next(s for s in pod["status"]["containerStatuses"] if s["name"] == "resolver")["lastState"][
            "terminated"
        ]
        assert (killed["exitCode"], killed["reason"]) == (137, "OOMKilled")
        assert ("running", None) in states(pod), "the sidecar goes on"

        def raise_limit(obj: dict) -> None:
            obj["spec"]["template"]["spec"]["containers"][0]["resources"]["limits"]["memory"] = "1Gi"

        estate.change("deployments.apps", RESOLVER, raise_limit)
        await estate.until(lambda: estate.settled(RESOLVER) and 4 in estate.replica_sets(RESOLVER), "room enough")


async def test_pending_pod_says_why_in_the_scheduler_s_words() -> None:
    async with running() as estate:
        await FAULTS["pending-capacity"].inject(estate.nodes)
        await estate.until(lambda: estate.events("", "FailedScheduling"), "the event")
        text = (
            "0/3 nodes are available: 1 node(s) had untolerated taint {dedicated: monitoring}, 2 Insufficient cpu. "
            "preemption: 0/3 nodes are available: 1 Preemption is not helpful for scheduling, "
            "2 No preemption victims found for incoming pod."
        )
        event = estate.events("", "FailedScheduling")[0]
        assert event["message"] == text and event["eventTime"] and event["lastTimestamp"] is None
        pod = estate.get("pods", event["involvedObject"]["name"])
        assert pod["status"]["phase"] == "Pending"
        scheduled = next(c for c in pod["status"]["conditions"] if c["type"] == "PodScheduled")
        assert (scheduled["status"], scheduled["reason"], scheduled["message"]) == ("False", "Unschedulable", text)
        with pytest.raises(LogUnavailable, match="does not have a host assigned"):
            await estate.log(pod["metadata"]["name"], "resolver")


async def test_cordoned_and_selective_pods() -> None:
    async with running() as estate:
        nodes = [n["metadata"]["name"] for n in estate.store.list("nodes") if not n["spec"].get("taints")]
        estate.store.modify("nodes", None, nodes[0], lambda obj: obj["spec"].update(unschedulable=True))
        gone = next(p for p in estate.pods(RELAYER) if p["spec"]["nodeName"] == nodes[0])["metadata"]["name"]
        estate.store.delete("pods", NS, gone)
        await estate.until(lambda: estate.settled(RELAYER) and gone not in _names(estate), "the replacement")
        assert {p["spec"]["nodeName"] for p in estate.pods(RELAYER)} == {nodes[1]}
        taints = estate.store.get("nodes", None, nodes[0])["spec"]["taints"]
        assert taints == [{"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}]
        fresh = {"metadata": {"name": "picky", "namespace": NS}, "apiVersion": "v1", "kind": "Pod"}
        container = {"name": "c", "image": "registry.example/busybox:1.36", "command": ["sleep", "1"]}
        fresh["spec"] = {"containers": [container], "nodeSelector": {"disk": "ssd"}}
        estate.store.create("pods", fresh)
        await estate.until(lambda: estate.events("picky", "FailedScheduling"), "the refusal")
        assert "didn't match Pod's node affinity/selector" in estate.events("picky", "FailedScheduling")[0]["message"]


def _names(estate) -> set[str]:
    return {p["metadata"]["name"] for p in estate.list("pods")}


async def test_missing_config_map_holds_the_pod_until_it_is_there() -> None:
    async with running() as estate:
        await FAULTS["missing-config"].inject(estate.nodes)
        pod = next(p for p in estate.pods(RESOLVER) if waits(p, "CreateContainerConfigError"))
        waiting = next(s for s in pod["status"]["containerStatuses"] if s["name"] == "resolver")["state"]["waiting"]
        assert waiting["message"] == 'configmap "fusion-bitcoin-fees" not found'
        event = next(e for e in estate.events(pod["metadata"]["name"], "Failed"))
        assert event["message"] == 'Error: configmap "fusion-bitcoin-fees" not found'
        assert event["involvedObject"]["fieldPath"] == "spec.containers{resolver}"
        meta = {"name": "fusion-bitcoin-fees", "namespace": NS}
        estate.store.create(
            "configmaps", {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {"A": "1"}}
        )
        await estate.until(lambda: estate.settled(RESOLVER), "the rollout goes on")


async def test_missing_volume_keeps_the_pod_creating() -> None:
    async with running() as estate:

        def mount(obj: dict) -> None:
            obj["spec"]["template"]["spec"]["volumes"][0]["configMap"]["name"] = "absent"

        estate.change("deployments.apps", FRONTEND, mount)
        await estate.until(lambda: estate.events(FRONTEND, "FailedMount"), "the event")
        event = estate.events(FRONTEND, "FailedMount")[0]
        assert event["message"] == 'MountVolume.SetUp failed for volume "nginx" : configmap "absent" not found'
        pod = estate.get("pods", event["involvedObject"]["name"])
        assert waits(pod, "ContainerCreating") and pod["status"]["phase"] == "Pending"


async def test_selector_mismatch_empties_the_endpoints() -> None:
    async with running() as estate:
        await FAULTS["selector-mismatch"].inject(estate.nodes)
        await estate.until(lambda: not estate.addresses(FRONTEND), "no endpoints")
        slices = [s for s in estate.list("endpointslices.discovery.k8s.io") if FRONTEND in s["metadata"]["name"]]
        assert slices[0]["endpoints"] == []
        assert all(map(is_ready, estate.pods(FRONTEND)))
        await FAULTS["selector-mismatch"].heal(estate.nodes)
        await estate.until(lambda: len(estate.addresses(FRONTEND)) == 2, "endpoints again")


async def test_unready_pods_leave_the_endpoints_and_the_budget() -> None:
    async with running() as estate:
        await FAULTS["readiness-failing"].inject(estate.nodes)
        await estate.until(lambda: len(estate.addresses(FRONTEND, "notReadyAddresses")) == 2, "not ready")
        assert estate.addresses(FRONTEND) == []
        await estate.until(lambda: _budget(estate, FRONTEND)["currentHealthy"] == 0, "the budget")
        assert _budget(estate, FRONTEND)["disruptionsAllowed"] == 0
        texts = {e["message"] for e in estate.events(FRONTEND, "Unhealthy")}
        assert texts == {"Readiness probe failed: HTTP probe failed with statuscode: 503"}
        await estate.until(
            lambda: estate.condition(FRONTEND, "Available")["reason"] == "MinimumReplicasUnavailable", "the condition"
        )
        await FAULTS["readiness-failing"].heal(estate.nodes)
        await estate.until(lambda: len(estate.addresses(FRONTEND)) == 2, "ready again")


def _budget(estate, name: str) -> dict:
    return estate.get("poddisruptionbudgets.policy", name)["status"]


async def test_budget_counts_what_may_go() -> None:
    async with running() as estate:
        status = _budget(estate, RELAYER)
        figures = {k: status[k] for k in ("currentHealthy", "desiredHealthy", "disruptionsAllowed", "expectedPods")}
        assert figures == {"currentHealthy": 3, "desiredHealthy": 2, "disruptionsAllowed": 1, "expectedPods": 3}
        estate.store.delete("pods", NS, estate.pods(RELAYER)[0]["metadata"]["name"])
        await estate.until(lambda: _budget(estate, RELAYER)["disruptionsAllowed"] == 0, "one is going")
        await estate.until(lambda: _budget(estate, RELAYER)["disruptionsAllowed"] == 1, "one has come")


async def test_graceful_deletion_drains_and_is_replaced() -> None:
    async with running() as estate:
        name = estate.pods(RELAYER)[0]["metadata"]["name"]
        follow = asyncio.create_task(estate.log(name, "relayer", follow=True, tail=0))
        # Until it waits for lines, the follower may find the pod already gone.
        await asyncio.sleep(0)
        estate.store.delete("pods", NS, name)
        await estate.until(lambda: name not in _names(estate), "the pod is gone")
        lines = await asyncio.wait_for(follow, 5)
        assert b"SIGTERM received, draining" in lines[0].text and b"shutdown complete" in lines[-1].text
        assert estate.events(name, "Killing")[0]["message"] == "Stopping container relayer"
        await estate.until(lambda: estate.settled(RELAYER), "the replacement")


async def test_follow_ends_with_the_run_and_previous_has_every_line() -> None:
    async with running() as estate:
        pod = estate.pods(RESOLVER)[0]["metadata"]["name"]
        follow = asyncio.create_task(estate.log(pod, "resolver", follow=True, tail=5))
        await asyncio.sleep(0)
        await FAULTS["oom"].inject(estate.nodes)
        lines = await asyncio.wait_for(follow, 10)
        await estate.until(lambda: _restarts(estate, pod) >= 1, "the restart")
        before = await estate.log(pod, "resolver", previous=True)
        assert [x.text for x in before[-len(lines) :]] == [x.text for x in lines]
        after = await estate.log(pod, "resolver")
        times = [(x.at, x.nanos) for x in (*before, *after)]
        assert all(one < other for one, other in pairwise(times))
        assert all(at.microsecond == nanos // 1000 for at, nanos in times)


def _restarts(estate, pod: str) -> int:
    return estate.get("pods", pod)["status"]["containerStatuses"][0]["restartCount"]


async def test_log_queries() -> None:
    async with running() as estate:
        pod = estate.pods(RELAYER)[0]["metadata"]["name"]
        everything = await estate.log(pod, "relayer")
        assert len(everything) > 300 and (everything[-1].at - everything[0].at).total_seconds() > 13 * 60
        assert [x.text for x in await estate.log(pod, "relayer", tail=3)] == [x.text for x in everything[-3:]]
        since = await estate.log(pod, "relayer", since=everything[-10].at)
        assert [x.text for x in since[:10]] == [x.text for x in everything[-10:]]
        with pytest.raises(LogUnavailable, match=f'previous terminated container "relayer" in pod "{pod}" not found'):
            await estate.log(pod, "relayer", previous=True)
        with pytest.raises(LogUnavailable, match="is not valid for pod"):
            await estate.log(pod, "nothing")
        text = b"\n".join(x.text for x in everything)
        assert all(word in text for word in (b"pending", b"HTLC locked", b'"confirmations"', b'"nonce"'))


async def test_log_flood_is_bounded_and_fast() -> None:
    async with running() as estate:
        pod = estate.pods(RESOLVER)[0]["metadata"]["name"]
        await FAULTS["log-flood"].inject(estate.nodes)
        lines = await estate.lines(pod, "resolver", 30_000)
        took = (lines[-1].at - lines[0].at).total_seconds()
        assert 5_000 < 30_000 / took < 20_000, "lines a second"
        await FAULTS["log-flood"].heal(estate.nodes)
        assert len(await estate.log(pod, "resolver")) <= 20_000


async def test_relabelled_pod_is_let_go_and_replaced() -> None:
    async with running() as estate:
        name = estate.pods(RELAYER)[0]["metadata"]["name"]
        estate.change("pods", name, lambda obj: obj["metadata"]["labels"].update(app="quarantine"))
        await estate.until(lambda: estate.settled(RELAYER), "the replacement")
        pod = estate.get("pods", name)
        assert "ownerReferences" not in pod["metadata"] and pod["status"]["phase"] == "Running"
        assert pod["status"]["podIP"] not in estate.addresses(RELAYER)


async def test_memory_leak_grows_in_metrics_and_cgroup() -> None:
    async with running(pace=20) as estate:
        pod = estate.pods(RELAYER)[0]["metadata"]["name"]

        def used() -> int:
            found = next(m for m in estate.nodes.pod_metrics(NS) if m["metadata"]["name"] == pod)
            return int(found["containers"][0]["usage"]["memory"].removesuffix("Ki"))

        before = used()
        await FAULTS["memory-leak"].inject(estate.nodes)
        while used() < before + 50 * 1024:
            await estate.lines(pod, "relayer", 1)
        assert used() < 1024 * 1024, "never above the limit"


@pytest.mark.parametrize("name", sorted(FAULTS))
async def test_every_fault_can_be_put_in_and_taken_out_twice(name: str) -> None:
    async with running() as estate:
        fault = FAULTS[name]
        await fault.inject(estate.nodes)
        await fault.inject(estate.nodes)
        await fault.heal(estate.nodes)
        await fault.heal(estate.nodes)
        await estate.until(lambda: all(map(estate.settled, (RELAYER, RESOLVER, FRONTEND))), "the seeded state", 30)
        versions = {p["metadata"]["labels"]["version"] for a in (RELAYER, RESOLVER, FRONTEND) for p in estate.pods(a)}
        assert versions == {"1.2.0"}
        await estate.until(lambda: len(estate.addresses(FRONTEND)) == 2, "the endpoints")
        assert fault.rows and fault.symptom.endswith(".")


async def test_jobs_run_to_their_end() -> None:
    async with running() as estate:
        for name, script in (("good", "echo step 1; sleep 1; echo done"), ("bad", "echo oops >&2; exit 3")):
            container = {"name": "work", "image": "registry.example/busybox:1.36", "command": ["sh", "-c", script]}
            template = {"spec": {"restartPolicy": "Never", "containers": [container]}}
            job = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": name, "namespace": NS}}
            estate.store.create("jobs.batch", {**job, "spec": {"template": template, "backoffLimit": 1}})
        await estate.until(lambda: _ended(estate, "good") == "Complete", "the good one")
        await estate.until(lambda: _ended(estate, "bad") == "Failed", "the bad one")
        pods = [p for p in estate.list("pods") if p["metadata"]["labels"].get("job-name") == "bad"]
        assert [p["status"]["containerStatuses"][0]["state"]["terminated"]["exitCode"] for p in pods] == [3, 3]
        assert [x.text for x in await estate.log(pods[0]["metadata"]["name"], "work")] == [b"oops"]


def _ended(estate, name: str) -> str:
    conditions = estate.get("jobs.batch", name).get("status", {}).get("conditions") or [{}]
    return conditions[-1].get("type", "")
