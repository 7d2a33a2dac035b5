"""The status of a Deployment and the wording of its conditions: pure, no store."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sandbox.cluster.nodes import rollout
from sandbox.cluster.nodes.objects import condition
from sandbox.cluster.nodes.times import now, parse, stamp
from sandbox.cluster.seams import Manifest

_FIGURES = ("replicas", "readyReplicas", "availableReplicas")


def wording(kind: str, status: str, reason: str, message: str, at: datetime | None = None) -> Manifest:
    """A Deployment condition, updated now."""
    return {"type": kind, "status": status, "reason": reason, "message": message, "lastUpdateTime": stamp(at)}


def put(conditions: list[Manifest], new: Manifest) -> list[Manifest]:
    """Set one; the same status and reason again leaves it as it was."""
    old = condition(conditions, new["type"])
    if old and old["status"] == new["status"] and old["reason"] == new["reason"]:
        return conditions
    same_status = old is not None and old["status"] == new["status"]
    moved = old["lastTransitionTime"] if old is not None and same_status else new["lastUpdateTime"]
    return [*(c for c in conditions if c["type"] != new["type"]), {**new, "lastTransitionTime": moved}]


def refreshed(conditions: list[Manifest], new: Manifest) -> list[Manifest]:
    """Set one even when it says the same, so that its update time moves (progress was made)."""
    old = condition(conditions, new["type"])
    if old and old["status"] == new["status"]:
        new = {**new, "lastTransitionTime": old["lastTransitionTime"]}
    else:
        new = {**new, "lastTransitionTime": new["lastUpdateTime"]}
    return [*(c for c in conditions if c["type"] != new["type"]), new]


def figures(deployment: Manifest, newest: Manifest | None, all_sets: Sequence[Manifest]) -> Manifest:
    """The counts of the status, without conditions. Zero counts are left out, as the API does."""
    totals = {name: sum(rollout.counted(r, name) for r in all_sets) for name in _FIGURES}
    totals["updatedReplicas"] = rollout.counted(newest, "replicas") if newest else 0
    totals["unavailableReplicas"] = max(0, rollout.total_wanted(all_sets) - totals["availableReplicas"])
    status: Manifest = {"observedGeneration": deployment["metadata"].get("generation", 1)}
    status.update({name: count for name, count in totals.items() if count})
    return status


def availability(deployment: Manifest, status: Manifest) -> Manifest:
    """The condition Available."""
    replicas = int(deployment["spec"].get("replicas", 1))
    if status.get("availableReplicas", 0) >= replicas - rollout.allowed_unavailable(deployment):
        return wording("Available", "True", "MinimumReplicasAvailable", "Deployment has minimum availability.")
    text = "Deployment does not have minimum availability."
    return wording("Available", "False", "MinimumReplicasUnavailable", text)


def is_complete(deployment: Manifest, status: Manifest) -> bool:
    """All wanted pods are new and available, and no old one is left."""
    replicas = int(deployment["spec"].get("replicas", 1))
    names = ("updatedReplicas", "replicas", "availableReplicas")
    seen = status.get("observedGeneration", 0) >= deployment["metadata"].get("generation", 1)
    return seen and all(status.get(name, 0) == replicas for name in names)


def moved_on(old: Manifest, new: Manifest) -> bool:
    """Whether the rollout made progress between two statuses."""

    def olds(status: Manifest) -> int:
        return int(status.get("replicas", 0)) - int(status.get("updatedReplicas", 0))

    grew = any(new.get(n, 0) > old.get(n, 0) for n in ("updatedReplicas", "readyReplicas", "availableReplicas"))
    return grew or olds(new) < olds(old)


def progress_message(deployment: Manifest, newest: Manifest | None, state: str) -> str:
    """`ReplicaSet "x" is progressing.` and its like; names the Deployment when there is no ReplicaSet yet."""
    if newest is None:
        return f'Deployment "{deployment["metadata"]["name"]}" {state}.'
    return f'ReplicaSet "{newest["metadata"]["name"]}" {state}.'


def since_progress(conditions: Sequence[Manifest]) -> datetime:
    """When the last progress was noted; now, when never."""
    found = condition(conditions, "Progressing")
    return parse(found["lastUpdateTime"]) if found else now()
