"""The DaemonSet controller: one pod on every node that tolerates it."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import ClassVar

from sandbox.cluster.nodes import templates
from sandbox.cluster.nodes.controller import Controller
from sandbox.cluster.nodes.objects import controller_of, is_going, is_owned_by, key_of, split
from sandbox.cluster.nodes.podfacts import is_over, is_ready
from sandbox.cluster.nodes.recorder import Recorder
from sandbox.cluster.seams import Manifest, Objects, Pace

# pkg/controller/daemon/util: daemons stay where ordinary pods may not.
TOLERATIONS = [
    {"operator": "Exists"},
    *(
        {"key": f"node.kubernetes.io/{name}", "operator": "Exists", "effect": effect}
        for name, effect in (
            ("not-ready", "NoExecute"), ("unreachable", "NoExecute"), ("disk-pressure", "NoSchedule"),
            ("memory-pressure", "NoSchedule"), ("pid-pressure", "NoSchedule"), ("unschedulable", "NoSchedule"),
        )
    ),
]  # fmt: skip


class DaemonSetController(Controller):
    """Keeps daemons running; does not roll a changed template out (delete the pods for that: `OnDelete`)."""

    watches: ClassVar[tuple[str, ...]] = ("daemonsets.apps", "pods", "nodes")
    component: ClassVar[str] = "daemonset-controller"

    def __init__(self, store: Objects, pace: Pace, recorder: Recorder, rng: random.Random) -> None:
        super().__init__(store, pace, recorder)
        self._rng = rng

    def observe(self, change: str, key: str, obj: Manifest) -> None:
        if key == "daemonsets.apps":
            self.queue.add(key_of(obj))
        elif key == "nodes":
            if change != "MODIFIED":
                for daemon in self.store.list("daemonsets.apps"):
                    self.queue.add(key_of(daemon))
        elif (owner := controller_of(obj)) and owner["kind"] == "DaemonSet":
            self.queue.add(f"{obj['metadata']['namespace']}/{owner['name']}")

    def reconcile(self, key: str) -> None:
        namespace, name = split(key)
        daemon = self.store.get("daemonsets.apps", namespace, name)
        if is_going(daemon):
            return
        pods = [p for p in self.store.list("pods", namespace) if is_owned_by(p, daemon) and not is_over(p)]
        nodes = [n["metadata"]["name"] for n in self.store.list("nodes")]
        for node in nodes:
            if not any(p["spec"].get("nodeName") == node for p in pods):
                pods.append(self._place(daemon, node))
        self._tell(daemon, nodes, [p for p in pods if not is_going(p)])

    def _place(self, daemon: Manifest, node: str) -> Manifest:
        fresh = daemon_pod(daemon, node, self._rng)
        pod = self.store.create("pods", fresh)
        self.event(daemon, "Normal", "SuccessfulCreate", f"Created pod: {pod['metadata']['name']}")
        return pod

    def _tell(self, daemon: Manifest, nodes: Sequence[str], pods: Sequence[Manifest]) -> None:
        ready = sum(is_ready(p) for p in pods)
        status = daemon_status(daemon, len(nodes), len(pods), ready)

        def change(obj: Manifest) -> None:
            obj["status"] = status

        self.modify("daemonsets.apps", daemon, change, subresource="status")


def daemon_pod(daemon: Manifest, node: str, rng: random.Random) -> Manifest:
    """A pod of the daemon, bound to `node`."""
    pod = templates.pod_of(daemon, daemon["spec"]["template"], rng)
    pod["spec"]["nodeName"] = node
    pod["spec"]["tolerations"] = [dict(t) for t in TOLERATIONS]
    return pod


def daemon_status(daemon: Manifest, nodes: int, pods: int, ready: int) -> Manifest:
    """The status figures."""
    status: Manifest = {
        "currentNumberScheduled": pods, "desiredNumberScheduled": nodes, "numberMisscheduled": 0,
        "numberReady": ready, "observedGeneration": daemon["metadata"].get("generation", 1),
        "updatedNumberScheduled": pods,
    }  # fmt: skip
    if ready:
        status["numberAvailable"] = ready
    if nodes > ready:
        status["numberUnavailable"] = nodes - ready
    return status
