"""Puts the estate into the store as if it had been running for weeks: pods already Ready, revisions already made."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from sandbox.cluster.errors import AlreadyExists
from sandbox.cluster.nodes import revisions, templates
from sandbox.cluster.nodes.daemonset import daemon_pod, daemon_status
from sandbox.cluster.nodes.estate import bridge, config, fixtures, ground, past, system
from sandbox.cluster.nodes.estate.bridge import RELEASES, Release
from sandbox.cluster.nodes.estate.pods import ended, settled
from sandbox.cluster.nodes.machines import Machine
from sandbox.cluster.nodes.recorder import Recorder
from sandbox.cluster.nodes.times import now, stamp
from sandbox.cluster.seams import Manifest, Objects

_OLD = ground.AGE


class Planting:
    """Plants once; keeps what the faults need to put things back."""

    def __init__(self, store: Objects, recorder: Recorder, machines: Sequence[Machine], rng: random.Random) -> None:
        self._store = store
        self._recorder = recorder
        self._machines = machines
        self._rng = rng
        self._at = now()
        self._turn = 0

    async def plant(self) -> None:
        """Everything, giving the loop back between the parts."""
        parts = (
            self._surroundings, self._bridge, self._system, self._daemons,
            self._jobs,
            lambda: past.tell(self._store, self._recorder, self._at),
        )  # fmt: skip
        for part in parts:
            part()
            await asyncio.sleep(0)

    def _put(self, key: str, obj: Manifest, ago: timedelta = _OLD) -> Manifest:
        obj["metadata"].setdefault("creationTimestamp", stamp(self._at - ago))
        with suppress(AlreadyExists):
            return self._store.create(key, obj)
        return self._store.get(key, obj["metadata"].get("namespace"), obj["metadata"]["name"])

    def _surroundings(self) -> None:
        for key, obj, ago in ground.objects(self._machines, self._at):
            self._put(key, obj, ago)

    # -- workloads

    def _bridge(self) -> None:
        for name in bridge.names():
            first, *later = RELEASES
            obj = self._put("deployments.apps", bridge.bridge_deployment(name, first), first.ago)
            self._keep_revision(obj, 1, first, newest=not later)
            for number, release in enumerate(later, start=2):
                obj = self._roll(name, number, release)
                self._keep_revision(obj, number, release, newest=release is RELEASES[-1])

    def _roll(self, name: str, number: int, release: Release) -> Manifest:
        fresh = bridge.bridge_deployment(name, release)

        def change(obj: Manifest) -> None:
            obj["spec"]["template"] = fresh["spec"]["template"]
            obj["metadata"]["annotations"] = {**fresh["metadata"]["annotations"], revisions.REVISION: str(number)}

        return self._store.modify("deployments.apps", config.NAMESPACE, name, change)

    def _keep_revision(self, obj: Manifest, number: int, release: Release, *, newest: bool) -> None:
        size = int(obj["spec"]["replicas"]) if newest else 0
        replica_set = self._put("replicasets.apps", revisions.replica_set_of(obj, number, size), release.ago)
        pods = self._pods(replica_set, size, release.ago) if newest else []
        self._finish(obj, replica_set, len(pods), release.ago, newest=newest)

    def _pods(self, replica_set: Manifest, count: int, ago: timedelta, restarts: int = 0) -> list[Manifest]:
        made = []
        for number in range(count):
            pod = templates.pod_of(replica_set, replica_set["spec"]["template"], self._rng)
            machine = self._machine_for(pod)
            since = self._at - ago + timedelta(seconds=2 + 9 * number)
            made.append(self._put("pods", settled(pod, machine, since, self._rng, restarts if number == 0 else 0)))
        return made

    def _machine_for(self, pod: Manifest) -> Machine:
        role = (pod["spec"].get("nodeSelector") or {}).get("role")
        fitting = [m for m in self._machines if (m.labels.get("role") == role if role else not m.taints)]
        self._turn += 1
        return fitting[self._turn % len(fitting)]

    def _finish(self, obj: Manifest, replica_set: Manifest, size: int, ago: timedelta, *, newest: bool) -> None:
        name = replica_set["metadata"]["name"]
        counts = {"fullyLabeledReplicas": size, "readyReplicas": size, "availableReplicas": size} if size else {}

        def settle(held: Manifest) -> None:
            held["status"] = {"replicas": size, "observedGeneration": held["metadata"].get("generation", 1), **counts}

        self._store.modify("replicasets.apps", replica_set["metadata"]["namespace"], name, settle, subresource="status")
        if newest:
            status = past.deployment_status(obj, name, size, self._at - ago + timedelta(seconds=40))
            meta = obj["metadata"]
            self._store.modify(
                "deployments.apps",
                meta["namespace"],
                meta["name"],
                lambda held: held.update(status=status),
                subresource="status",
            )

    def _system(self) -> None:
        for obj in system.deployments():
            obj["metadata"].setdefault("annotations", {})[revisions.REVISION] = "1"
            held = self._put("deployments.apps", obj)
            size = int(held["spec"]["replicas"])
            replica_set = self._put("replicasets.apps", revisions.replica_set_of(held, 1, size))
            restarts = 2 if held["metadata"]["name"] == system.METRICS_SERVER else 0
            self._pods(replica_set, size, _OLD, restarts)
            self._finish(held, replica_set, size, _OLD, newest=True)

    def _daemons(self) -> None:
        for obj in system.daemons():
            held = self._put("daemonsets.apps", obj)
            for machine in self._machines:
                pod = daemon_pod(held, machine.name, self._rng)
                self._put("pods", settled(pod, machine, self._at - _OLD, self._rng))
            count = len(self._machines)
            status = daemon_status(held, count, count, count)
            meta = held["metadata"]
            self._store.modify(
                "daemonsets.apps",
                meta["namespace"],
                meta["name"],
                lambda obj, s=status: obj.update(status=s),
                subresource="status",
            )

    # -- jobs

    def _jobs(self) -> None:
        migrate = fixtures.job(fixtures.MIGRATE, "migrate", "echo schema version 40; sleep 3; echo migrated")
        backfill = fixtures.job(
            fixtures.BACKFILL,
            "backfill",
            "echo backfill from block 839000; sleep 5; echo error: missing block 839999; exit 3",
        )
        self._job(migrate, (0,), self._at - timedelta(minutes=52))
        self._job(backfill, (3, 3), self._at - timedelta(minutes=47))

    def _job(self, obj: Manifest, codes: tuple[int, ...], begun: datetime) -> None:
        obj["metadata"]["creationTimestamp"] = stamp(begun)
        obj["status"] = past.job_status(codes, begun)
        held = self._put("jobs.batch", obj)
        for number, code in enumerate(codes):
            pod = templates.pod_of(held, held["spec"]["template"], self._rng)
            at = begun + timedelta(seconds=18 * number)
            self._put("pods", ended(pod, self._machine_for(pod), at, code, self._rng))
