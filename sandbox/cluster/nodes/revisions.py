"""Revisions of a Deployment: which ReplicaSet carries which, and how a template finds its own again."""

from __future__ import annotations

import copy
from collections.abc import Sequence

from sandbox.cluster.nodes import templates
from sandbox.cluster.nodes.objects import labels, owner_reference
from sandbox.cluster.nodes.objects import notes as notes_of
from sandbox.cluster.nodes.rollout import bounds
from sandbox.cluster.seams import Manifest

REVISION = "deployment.kubernetes.io/revision"
HISTORY = "deployment.kubernetes.io/revision-history"
DESIRED = "deployment.kubernetes.io/desired-replicas"
MAXIMUM = "deployment.kubernetes.io/max-replicas"
_OWN = {REVISION, HISTORY, DESIRED, MAXIMUM, "kubectl.kubernetes.io/last-applied-configuration"}
# pkg/controller/deployment/util: annotations that stay with the Deployment.
_SKIPPED = {*_OWN, "deprecated.deployment.rollback.to"}


def number(obj: Manifest) -> int:
    """The revision an object carries, 0 when none."""
    return int(notes_of(obj).get(REVISION) or 0)


def find_newest(deployment: Manifest, replica_sets: Sequence[Manifest]) -> Manifest | None:
    """The ReplicaSet of the present template; the oldest one when there are several."""
    template = deployment["spec"]["template"]
    like = [r for r in replica_sets if templates.same(r["spec"]["template"], template)]
    return min(like, key=lambda r: str(r["metadata"]["creationTimestamp"]), default=None)


def next_number(olds: Sequence[Manifest]) -> int:
    """The number of the newest revision: one more than any old one."""
    return max((number(r) for r in olds), default=0) + 1


def carried(deployment: Manifest) -> dict[str, str]:
    """Annotations that go from the Deployment to its newest ReplicaSet, the change cause among them."""
    return {k: v for k, v in notes_of(deployment).items() if k not in _SKIPPED}


def sizes(deployment: Manifest) -> dict[str, str]:
    """The annotations by which a change of scale is told from a rollout."""
    replicas = int(deployment["spec"].get("replicas", 1))
    return {DESIRED: str(replicas), MAXIMUM: str(replicas + bounds(deployment)[0])}


def mark(replica_set: Manifest, deployment: Manifest, revision: int) -> None:
    """Write revision, history and carried annotations on a (private) ReplicaSet."""
    notes = replica_set["metadata"].setdefault("annotations", {})
    old = int(notes.get(REVISION) or 0)
    notes.update(carried(deployment))
    if old >= revision:
        return
    notes[REVISION] = str(revision)
    if old:
        notes[HISTORY] = ",".join(filter(None, [notes.get(HISTORY, ""), str(old)]))


def replica_set_of(deployment: Manifest, revision: int, replicas: int) -> Manifest:
    """A new ReplicaSet for the present template."""
    template = templates.bare(deployment["spec"]["template"])
    digest = templates.template_hash(template)
    template["metadata"].setdefault("labels", {})[templates.HASH_LABEL] = digest
    selector = copy.deepcopy(deployment["spec"]["selector"])
    selector.setdefault("matchLabels", {})[templates.HASH_LABEL] = digest
    notes = {**carried(deployment), REVISION: str(revision), **sizes(deployment)}
    meta = {
        "name": f"{deployment['metadata']['name']}-{digest}",
        "namespace": deployment["metadata"]["namespace"],
        "labels": dict(labels({"metadata": template["metadata"]})),
        "annotations": notes,
        "ownerReferences": [owner_reference(deployment)],
    }
    spec = {"replicas": replicas, "selector": selector, "template": template}
    if deployment["spec"].get("minReadySeconds"):
        spec["minReadySeconds"] = deployment["spec"]["minReadySeconds"]
    return {"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": meta, "spec": spec}


def stale(deployment: Manifest, olds: Sequence[Manifest]) -> list[Manifest]:
    """Old, empty ReplicaSets beyond `revisionHistoryLimit`, lowest revision first."""
    limit = int(deployment["spec"].get("revisionHistoryLimit", 10))
    empty = [r for r in olds if not r["spec"].get("replicas") and not (r.get("status") or {}).get("replicas")]
    empty.sort(key=number)
    return empty[: max(0, len(olds) - limit)]
