"""The status of a pod from the records of its containers: pure, so that seeding and the kubelet write the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sandbox.cluster.nodes.kubelet.record import ContainerRecord
from sandbox.cluster.nodes.objects import with_condition
from sandbox.cluster.nodes.podfacts import quality
from sandbox.cluster.nodes.times import stamp
from sandbox.cluster.seams import Manifest

_ORDER = ("PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled")


@dataclass
class Placement:
    """Where a pod is: addresses, and since when."""

    host_ip: str
    pod_ip: str
    since: datetime


def phase_of(pod: Manifest, inits: Sequence[ContainerRecord], containers: Sequence[ContainerRecord]) -> str:
    """As `getPhase` of the kubelet."""
    policy = pod["spec"].get("restartPolicy", "Always")
    for record in inits:
        if record.ended is None or record.ended.exit_code:
            failed = record.ended is not None and policy == "Never"
            return "Failed" if failed else "Pending"
    if any(r.running for r in containers):
        return "Running"
    if all(r.ended for r in containers):
        codes = [r.ended.exit_code for r in containers if r.ended]
        if policy == "Always":
            return "Running"
        if not any(codes):
            return "Succeeded"
        return "Failed" if policy == "Never" else "Running"
    return "Running" if any(r.run for r in containers) else "Pending"


def _facts(
    inits: Sequence[ContainerRecord], containers: Sequence[ContainerRecord], phase: str, ip: str
) -> list[Manifest]:
    undone = [r.name for r in inits if not (r.ended and r.ended.exit_code == 0)]
    unready = [r.name for r in containers if not r.ready]
    facts: list[Manifest] = [{"type": "PodReadyToStartContainers", "status": "True" if ip else "False"}]
    if undone:
        text = f"containers with incomplete status: [{' '.join(undone)}]"
        facts.append({"type": "Initialized", "status": "False", "reason": "ContainersNotInitialized", "message": text})
    else:
        done = {"reason": "PodCompleted"} if phase == "Succeeded" else {}
        facts.append({"type": "Initialized", "status": "True", **done})
    for kind in ("Ready", "ContainersReady"):
        facts.append({"type": kind, **_readiness(phase, unready)})
    facts.append({"type": "PodScheduled", "status": "True"})
    return facts


def _readiness(phase: str, unready: Sequence[str]) -> Manifest:
    if phase == "Succeeded":
        return {"status": "False", "reason": "PodCompleted"}
    if phase == "Failed":
        return {"status": "False", "reason": "PodFailed"}
    if unready:
        text = f"containers with unready status: [{' '.join(unready)}]"
        return {"status": "False", "reason": "ContainersNotReady", "message": text}
    return {"status": "True"}


def pod_status(
    pod: Manifest, place: Placement, inits: Sequence[ContainerRecord], containers: Sequence[ContainerRecord],
    at: datetime | None = None,
) -> Manifest:  # fmt: skip
    """The whole status. Conditions keep the times of their last transition."""
    phase = phase_of(pod, inits, containers)
    conditions = list((pod.get("status") or {}).get("conditions") or [])
    for fact in _facts(inits, containers, phase, place.pod_ip):
        conditions = with_condition(conditions, {"lastProbeTime": None, **fact}, at)
    conditions.sort(key=lambda c: _ORDER.index(c["type"]) if c["type"] in _ORDER else len(_ORDER))
    status: Manifest = {
        "phase": phase, "conditions": conditions, "hostIP": place.host_ip, "hostIPs": [{"ip": place.host_ip}],
        "startTime": stamp(place.since), "qosClass": quality(pod),
        "containerStatuses": [r.status() for r in sorted(containers, key=lambda r: r.name)],
    }  # fmt: skip
    if place.pod_ip:
        status.update({"podIP": place.pod_ip, "podIPs": [{"ip": place.pod_ip}]})
    if inits:
        status["initContainerStatuses"] = [r.status(init=True) for r in inits]
    return status
