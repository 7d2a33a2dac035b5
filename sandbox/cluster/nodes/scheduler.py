"""The scheduler: finds a node for every pod, or says of each node why not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from sandbox.cluster.nodes import quantities
from sandbox.cluster.nodes.controller import Controller
from sandbox.cluster.nodes.objects import controller_of, is_going, key_of, labels, split, with_condition
from sandbox.cluster.nodes.podfacts import is_over, requests
from sandbox.cluster.seams import Manifest

_RETRY = 60.0
_HELPLESS = "Preemption is not helpful for scheduling"
_NO_VICTIM = "No preemption victims found for incoming pod"


@dataclass(frozen=True)
class Room:
    """What a node still has, and what it has in all."""

    node: Manifest
    pods: Sequence[Manifest]

    def free(self) -> tuple[int, int, int]:
        """(millicores, bytes, pods)."""
        allocatable = self.node["status"]["allocatable"]
        used = [requests(p) for p in self.pods]
        return (
            quantities.millicores(allocatable["cpu"]) - sum(u[0] for u in used),
            quantities.size(allocatable["memory"]) - sum(u[1] for u in used),
            int(allocatable["pods"]) - len(self.pods),
        )

    def used_share(self, pod: Manifest) -> float:
        """How full the node would be with `pod`, as the mean of both resources."""
        allocatable = self.node["status"]["allocatable"]
        cpu, memory, _ = self.free()
        more_cpu, more_memory = requests(pod)
        whole = quantities.millicores(allocatable["cpu"]), quantities.size(allocatable["memory"])
        return 1 - ((cpu - more_cpu) / whole[0] + (memory - more_memory) / whole[1]) / 2


def _tolerates(toleration: Mapping[str, Any], taint: Mapping[str, Any]) -> bool:
    if toleration.get("effect") and toleration["effect"] != taint["effect"]:
        return False
    if toleration.get("key") and toleration["key"] != taint["key"]:
        return False
    return toleration.get("operator") == "Exists" or toleration.get("value", "") == taint.get("value", "")


def _untolerated(pod: Manifest, node: Manifest) -> Manifest | None:
    tolerations = pod["spec"].get("tolerations") or ()
    for taint in node["spec"].get("taints") or ():
        hard = taint["effect"] in ("NoSchedule", "NoExecute")
        if hard and not any(_tolerates(t, taint) for t in tolerations):
            return dict(taint)
    return None


def refusals(pod: Manifest, room: Room) -> list[str]:
    """Why the node does not take the pod, in the scheduler's words; empty when it does. The first filter ends it."""
    node = room.node
    taint = _untolerated(pod, node)
    if node["spec"].get("unschedulable") and not _tolerates_cordon(pod):
        return ["node(s) were unschedulable"]
    if taint:
        return [f"node(s) had untolerated taint {{{taint['key']}: {taint.get('value', '')}}}"]
    wanted = pod["spec"].get("nodeSelector") or {}
    if not wanted.items() <= labels(node).items():
        return ["node(s) didn't match Pod's node affinity/selector"]
    return _shortages(pod, room)


def _tolerates_cordon(pod: Manifest) -> bool:
    taint = {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}
    return any(_tolerates(t, taint) for t in pod["spec"].get("tolerations") or ())


def _shortages(pod: Manifest, room: Room) -> list[str]:
    cpu, memory, count = room.free()
    need_cpu, need_memory = requests(pod)
    short = ["Too many pods"] if count < 1 else []
    if need_cpu > cpu:
        short.append("Insufficient cpu")
    if need_memory > memory:
        short.append("Insufficient memory")
    return short


def explanation(per_node: Sequence[Sequence[str]]) -> str:
    """`0/3 nodes are available: …` with the preemption clause that follows it."""
    total = len(per_node)
    if not total:
        return "no nodes available to schedule pods"
    tallies = Counter(reason for reasons in per_node for reason in reasons)
    text = ", ".join(sorted(f"{count} {reason}" for reason, count in tallies.items()))
    helped = sum(any(r.startswith(("Insufficient", "Too many")) for r in reasons) for reasons in per_node)
    parts = [f"{n} {what}" for n, what in ((helped, _NO_VICTIM), (total - helped, _HELPLESS)) if n]
    return (
        f"0/{total} nodes are available: {text}. preemption: 0/{total} nodes are available: {', '.join(sorted(parts))}."
    )


class Scheduler(Controller):
    """Binds one pod at a time; looks at the unplaced again whenever room may have been made."""

    watches: ClassVar[tuple[str, ...]] = ("pods", "nodes")
    component: ClassVar[str] = "default-scheduler"

    def observe(self, change: str, key: str, obj: Manifest) -> None:
        if key == "pods" and change != "DELETED" and not obj["spec"].get("nodeName"):
            if change == "ADDED":
                self.queue.add(key_of(obj))
        elif key == "nodes" or change == "DELETED" or is_over(obj):
            self._look_again()

    def _look_again(self) -> None:
        for pod in self.store.list("pods"):
            if not pod["spec"].get("nodeName") and not is_over(pod):
                self.queue.add_after(key_of(pod), self.pace.seconds(1.0))

    def reconcile(self, key: str) -> None:
        namespace, name = split(key)
        pod = self.store.get("pods", namespace, name)
        if pod["spec"].get("nodeName") or is_going(pod) or is_over(pod):
            return
        rooms = self._rooms()
        verdicts = [refusals(pod, room) for room in rooms]
        fitting = [room for room, reasons in zip(rooms, verdicts, strict=True) if not reasons]
        if fitting:
            self._bind(pod, min(fitting, key=self._rank(pod)).node)
        else:
            self._refuse(pod, explanation(verdicts))

    def _rooms(self) -> list[Room]:
        standing = [p for p in self.store.list("pods") if p["spec"].get("nodeName") and not is_over(p)]
        nodes = self.store.list("nodes")
        return [Room(n, [p for p in standing if p["spec"]["nodeName"] == n["metadata"]["name"]]) for n in nodes]

    @staticmethod
    def _rank(pod: Manifest) -> Callable[[Room], tuple[int, float]]:
        owner = (controller_of(pod) or {}).get("uid")

        def rank(room: Room) -> tuple[int, float]:
            mates = sum((controller_of(p) or {}).get("uid") == owner for p in room.pods) if owner else 0
            return mates, room.used_share(pod)

        return rank

    def _bind(self, pod: Manifest, node: Manifest) -> None:
        name = node["metadata"]["name"]

        def place(obj: Manifest) -> None:
            obj["spec"]["nodeName"] = name

        def note(obj: Manifest) -> None:
            status = obj.setdefault("status", {})
            new = {"type": "PodScheduled", "status": "True", "lastProbeTime": None}
            status["conditions"] = with_condition(status.get("conditions") or [], new)

        self.modify("pods", pod, place)
        self.modify("pods", pod, note, subresource="status")
        meta = pod["metadata"]
        text = f"Successfully assigned {meta['namespace']}/{meta['name']} to {name}"
        self.recorder.record_scheduling(pod, "Normal", "Scheduled", text, "Binding")

    def _refuse(self, pod: Manifest, text: str) -> None:
        new = {
            "type": "PodScheduled", "status": "False", "lastProbeTime": None, "reason": "Unschedulable",
            "message": text,
        }  # fmt: skip

        def note(obj: Manifest) -> None:
            status = obj.setdefault("status", {})
            status["phase"] = "Pending"
            status["conditions"] = with_condition(status.get("conditions") or [], new)

        self.modify("pods", pod, note, subresource="status")
        self.recorder.record_scheduling(pod, "Warning", "FailedScheduling", text, "Scheduling")
        self.queue.add_after(key_of(pod), self.pace.seconds(_RETRY))
