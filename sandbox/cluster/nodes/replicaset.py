"""The ReplicaSet controller: as many pods as asked for, the least useful one goes first."""

from __future__ import annotations

import random
from collections.abc import Sequence
from contextlib import suppress
from typing import ClassVar

from sandbox.cluster.errors import NotFound
from sandbox.cluster.nodes import templates
from sandbox.cluster.nodes.controller import Controller
from sandbox.cluster.nodes.objects import controller_of, is_going, is_owned_by, key_of, labels, selects, split
from sandbox.cluster.nodes.podfacts import is_active, is_ready, phase, ready_condition, seconds_until_available
from sandbox.cluster.nodes.recorder import Recorder
from sandbox.cluster.nodes.times import now, parse
from sandbox.cluster.seams import Manifest, Objects, Pace

_PHASES = ("Pending", "Unknown", "Running")


class ReplicaSetController(Controller):
    """Follows `pkg/controller/replicaset`."""

    watches: ClassVar[tuple[str, ...]] = ("replicasets.apps", "pods")
    component: ClassVar[str] = "replicaset-controller"

    def __init__(self, store: Objects, pace: Pace, recorder: Recorder, rng: random.Random) -> None:
        super().__init__(store, pace, recorder)
        self._rng = rng

    def observe(self, change: str, key: str, obj: Manifest) -> None:
        if key == "replicasets.apps":
            self.queue.add(key_of(obj))
            return
        owner = controller_of(obj)
        if owner and owner["kind"] == "ReplicaSet":
            self.queue.add(f"{obj['metadata']['namespace']}/{owner['name']}")

    def reconcile(self, key: str) -> None:
        namespace, name = split(key)
        replica_set = self.store.get("replicasets.apps", namespace, name)
        pods = [p for p in self.store.list("pods", namespace) if is_owned_by(p, replica_set)]
        pods = [p for p in pods if not self._released(replica_set, p)]
        active = [p for p in pods if is_active(p)]
        missing = int(replica_set["spec"].get("replicas", 1)) - len(active)
        if not is_going(replica_set):
            active = (
                self._fill(replica_set, active, missing) if missing > 0 else self._trim(replica_set, active, -missing)
            )
        self._tell(replica_set, active)

    def _released(self, replica_set: Manifest, pod: Manifest) -> bool:
        """A pod relabelled out of the selector is let go, so that it can be looked at in peace."""
        if selects(replica_set["spec"]["selector"], labels(pod)):
            return False

        def disown(obj: Manifest) -> None:
            obj["metadata"].pop("ownerReferences", None)

        self.modify("pods", pod, disown)
        return True

    def _fill(self, replica_set: Manifest, active: list[Manifest], count: int) -> list[Manifest]:
        for _ in range(count):
            pod = self.store.create("pods", templates.pod_of(replica_set, replica_set["spec"]["template"], self._rng))
            self.event(replica_set, "Normal", "SuccessfulCreate", f"Created pod: {pod['metadata']['name']}")
            active.append(pod)
        return active

    def _trim(self, replica_set: Manifest, active: list[Manifest], count: int) -> list[Manifest]:
        ranked = sorted(active, key=_worth)
        for pod in ranked[:count]:
            with suppress(NotFound):
                self.store.delete("pods", pod["metadata"]["namespace"], pod["metadata"]["name"])
                self.event(replica_set, "Normal", "SuccessfulDelete", f"Deleted pod: {pod['metadata']['name']}")
        return ranked[count:]

    def _tell(self, replica_set: Manifest, active: Sequence[Manifest]) -> None:
        status = self._status(replica_set, active)

        def change(obj: Manifest) -> None:
            held = (obj.get("status") or {}).get("conditions")
            obj["status"] = {**status, **({"conditions": held} if held else {})}

        self.modify("replicasets.apps", replica_set, change, subresource="status")

    def _status(self, replica_set: Manifest, active: Sequence[Manifest]) -> Manifest:
        expected = labels(replica_set["spec"]["template"])
        counts = {
            "fullyLabeledReplicas": sum(expected.items() <= labels(p).items() for p in active),
            "readyReplicas": sum(is_ready(p) for p in active),
            "availableReplicas": self._available(replica_set, active),
        }
        seen = replica_set["metadata"].get("generation", 1)
        return {"replicas": len(active), "observedGeneration": seen, **{k: v for k, v in counts.items() if v}}

    def _available(self, replica_set: Manifest, active: Sequence[Manifest]) -> int:
        least = self.pace.seconds(float(replica_set["spec"].get("minReadySeconds") or 0))
        left = [seconds_until_available(p, least, now()) for p in active]
        waiting = [seconds for seconds in left if seconds]
        if waiting:
            self.queue.add_after(key_of(replica_set), min(waiting) + 0.02)
        return sum(seconds == 0 for seconds in left)


def _worth(pod: Manifest) -> tuple[bool, int, bool, float, int, float]:
    """Lowest goes first: not placed, not running, not ready, ready since later, often restarted, young."""
    statuses = (pod.get("status") or {}).get("containerStatuses") or ()
    restarts = max((int(s.get("restartCount", 0)) for s in statuses), default=0)
    standing = phase(pod)
    rank = _PHASES.index(standing) if standing in _PHASES else 0
    ready = ready_condition(pod)
    since = parse(ready["lastTransitionTime"]).timestamp() if ready else 0.0
    born = parse(pod["metadata"]["creationTimestamp"]).timestamp()
    return bool(pod["spec"].get("nodeName")), rank, ready is not None, -since, -restarts, -born
