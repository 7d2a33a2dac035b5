"""Deployments roll, stop when they cannot, and come back."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

from tests.contract.sandbox.workload_estate import FAULTS, FRONTEND, NS, RELAYER, RESOLVER, is_ready, running, waits


async def test_seeded_estate_is_complete_and_has_its_history() -> None:
    async with running() as estate:
        assert all(estate.settled(name) for name in (RELAYER, RESOLVER, FRONTEND))
        sets = estate.replica_sets(RELAYER)
        assert sorted(sets) == [1, 2, 3]
        images = [sets[n]["spec"]["template"]["spec"]["containers"][0]["image"] for n in (1, 2, 3)]
        assert [i.rpartition(":")[2] for i in images] == ["1.0.0", "1.1.0", "1.2.0"]
        assert [sets[n]["spec"]["replicas"] for n in (1, 2, 3)] == [0, 0, 3]
        causes = [sets[n]["metadata"]["annotations"]["kubernetes.io/change-cause"] for n in (1, 2, 3)]
        assert causes[2].startswith("release relayer 1.2.0") and len(set(causes)) == 3
        assert len(estate.addresses(RELAYER)) == 3 and estate.addresses("fusion-bitcoin-legacy") == []
        assert estate.addresses("fusion-bitcoin-btcnode") == ["10.20.200.8"]


async def test_nothing_moves_while_nothing_is_asked() -> None:
    async with running() as estate:
        pods = {p["metadata"]["uid"] for p in estate.store.list("pods")}
        revisions = {d["metadata"]["name"]: d["metadata"]["generation"] for d in estate.store.list("deployments.apps")}
        estate.change("configmaps", "fusion-bitcoin-config", lambda obj: obj["data"].update(LOG_LEVEL="debug"))
        first = estate.pods(RELAYER)[0]["metadata"]["name"]
        await estate.lines(first, "relayer", 3)
        assert {p["metadata"]["uid"] for p in estate.store.list("pods")} == pods
        after = {d["metadata"]["name"]: d["metadata"]["generation"] for d in estate.store.list("deployments.apps")}
        assert after == revisions


async def test_rollout_keeps_the_promised_pods_available() -> None:
    async with running() as estate:
        available, total = [], []

        async def watch() -> None:
            async with aclosing(estate.store.subscribe("pods")) as changes:
                async for _ in changes:
                    pods = [p for p in estate.pods(RELAYER) if not p["metadata"].get("deletionTimestamp")]
                    available.append(sum(map(is_ready, pods)))
                    total.append(len(pods))

        watcher = asyncio.create_task(watch())
        estate.set_image(RELAYER, "1.1.0")
        await estate.until(lambda: estate.settled(RELAYER) and 4 in estate.replica_sets(RELAYER), "the rollout")
        watcher.cancel()
        assert min(available) >= 3 and max(total) <= 4
        progressing = estate.condition(RELAYER, "Progressing")
        name = estate.replica_set(RELAYER, 4)["metadata"]["name"]
        assert progressing["reason"] == "NewReplicaSetAvailable"
        assert progressing["message"] == f'ReplicaSet "{name}" has successfully progressed.'
        assert estate.deployment(RELAYER)["metadata"]["annotations"]["deployment.kubernetes.io/revision"] == "4"
        texts = [e["message"] for e in estate.events(RELAYER, "ScalingReplicaSet")]
        assert f"Scaled up replica set {name} from 0 to 1" in texts


async def test_undo_takes_the_old_replica_set_with_a_new_number() -> None:
    async with running() as estate:
        old = estate.replica_set(RESOLVER, 2)
        estate.undo(RESOLVER, 2)
        await estate.until(lambda: estate.settled(RESOLVER) and 4 in estate.replica_sets(RESOLVER), "the undo")
        sets = estate.replica_sets(RESOLVER)
        assert sorted(sets) == [1, 3, 4]
        assert sets[4]["metadata"]["uid"] == old["metadata"]["uid"]
        assert sets[4]["metadata"]["annotations"]["deployment.kubernetes.io/revision-history"] == "2"
        hashes = {p["metadata"]["labels"]["pod-template-hash"] for p in estate.pods(RESOLVER)}
        assert hashes == {old["metadata"]["labels"]["pod-template-hash"]}


async def test_bad_release_crash_loops_misses_its_deadline_and_undo_heals() -> None:
    async with running() as estate:
        await FAULTS["bad-release"].inject(estate.nodes)
        bad = next(p for p in estate.pods(RELAYER) if p["metadata"]["labels"]["version"] == "1.3.0")
        name = bad["metadata"]["name"]
        await estate.until(lambda: waits(estate.get("pods", name), "CrashLoopBackOff"), "the crash loop")
        status = estate.get("pods", name)["status"]["containerStatuses"][0]
        assert status["lastState"]["terminated"]["exitCode"] == 1 and status["restartCount"] >= 1
        assert f"restarting failed container=relayer pod={name}_{NS}(" in status["state"]["waiting"]["message"]
        text = b"\n".join(line.text for line in await estate.log(name, "relayer", previous=True))
        assert b"required key FEE_ORACLE_URL is not set" in text and b"goroutine 1 [running]:" in text
        assert sum(map(is_ready, estate.pods(RELAYER))) == 3
        await estate.until(lambda: estate.condition(RELAYER, "Progressing")["status"] == "False", "the deadline")
        late = estate.condition(RELAYER, "Progressing")
        assert late["reason"] == "ProgressDeadlineExceeded" and late["message"].endswith("has timed out progressing.")
        estate.undo(RELAYER, 3)
        await estate.until(lambda: estate.settled(RELAYER), "the undo")
        assert estate.condition(RELAYER, "Progressing")["reason"] == "NewReplicaSetAvailable"
        healed = estate.deployment(RELAYER)["metadata"]["generation"]
        await FAULTS["bad-release"].heal(estate.nodes)
        assert estate.deployment(RELAYER)["metadata"]["generation"] == healed


async def test_bad_release_runs_once_its_setting_is_there() -> None:
    async with running() as estate:
        await FAULTS["bad-release"].inject(estate.nodes)
        oracle = {"name": "FEE_ORACLE_URL", "value": "http://gas.example/v1/gas"}
        estate.change(
            "deployments.apps",
            RELAYER,
            lambda obj: obj["spec"]["template"]["spec"]["containers"][0]["env"].append(oracle),
        )
        await estate.until(lambda: estate.settled(RELAYER) and 5 in estate.replica_sets(RELAYER), "the fixed release")
        assert {p["metadata"]["labels"]["version"] for p in estate.pods(RELAYER)} == {"1.3.0"}


async def test_bad_image_says_what_the_registry_said() -> None:
    async with running() as estate:
        await FAULTS["bad-image"].inject(estate.nodes)
        await estate.until(lambda: any(waits(p, "ImagePullBackOff") for p in estate.pods(FRONTEND)), "the back-off")
        pod = next(p for p in estate.pods(FRONTEND) if waits(p, "ImagePullBackOff"))
        assert pod["status"]["phase"] == "Pending"
        reasons = {(e["type"], e["reason"]) for e in estate.events(pod["metadata"]["name"])}
        assert {("Normal", "Pulling"), ("Warning", "Failed"), ("Normal", "BackOff")} <= reasons
        failed = [e["message"] for e in estate.events(pod["metadata"]["name"], "Failed")]
        assert any("code = NotFound" in text and text.endswith(": not found") for text in failed)


async def test_recreate_takes_all_pods_away_first() -> None:
    async with running() as estate:
        most = 0
        estate.change("deployments.apps", FRONTEND, lambda obj: obj["spec"].update(strategy={"type": "Recreate"}))
        old = {p["metadata"]["uid"] for p in estate.pods(FRONTEND)}
        estate.set_image(FRONTEND, "1.1.0")

        def rolled() -> bool:
            nonlocal most
            mixed = {p["metadata"]["uid"] in old for p in estate.pods(FRONTEND)}
            most = max(most, len(mixed))
            return estate.settled(FRONTEND) and mixed == {False}

        await estate.until(rolled, "the recreation")
        assert most == 1


async def test_scale_pause_and_restart() -> None:
    async with running() as estate:
        estate.change("deployments.apps", RELAYER, lambda obj: obj["spec"].update(replicas=5))
        await estate.until(lambda: estate.settled(RELAYER), "five pods")
        assert sorted(estate.replica_sets(RELAYER)) == [1, 2, 3]
        estate.change("deployments.apps", RELAYER, lambda obj: obj["spec"].update(paused=True, replicas=2))
        estate.set_image(RELAYER, "1.1.0")
        await estate.until(lambda: len(estate.pods(RELAYER)) == 2, "two pods")
        assert estate.condition(RELAYER, "Progressing")["reason"] == "DeploymentPaused"
        assert {p["metadata"]["labels"]["version"] for p in estate.pods(RELAYER)} == {"1.2.0"}
        estate.undo(RELAYER, 3)
        stamp = {"kubectl.kubernetes.io/restartedAt": "2026-01-01T00:00:00Z"}

        def restart(obj: dict) -> None:
            obj["spec"].pop("paused")
            obj["spec"]["template"]["metadata"].setdefault("annotations", {}).update(stamp)

        before = {p["metadata"]["uid"] for p in estate.pods(RELAYER)}
        estate.change("deployments.apps", RELAYER, restart)
        await estate.until(
            lambda: estate.settled(RELAYER) and not before & {p["metadata"]["uid"] for p in estate.pods(RELAYER)},
            "the restart",
        )
        assert estate.condition(RELAYER, "Progressing")["reason"] == "NewReplicaSetAvailable"


async def test_history_limit_forgets_the_oldest_revisions() -> None:
    async with running() as estate:
        estate.change("deployments.apps", FRONTEND, lambda obj: obj["spec"].update(revisionHistoryLimit=1))
        await estate.until(lambda: sorted(estate.replica_sets(FRONTEND)) == [2, 3], "the clean-up")
