"""Sizes of ReplicaSets: set, spread and told."""

from __future__ import annotations

from collections.abc import Sequence

from sandbox.cluster.nodes import revisions, rollout
from sandbox.cluster.nodes.controller import Controller
from sandbox.cluster.nodes.objects import notes
from sandbox.cluster.seams import Manifest


def is_rescaled(deployment: Manifest, owned: Sequence[Manifest]) -> bool:
    """Whether the wanted number changed since the ReplicaSets were last sized: then this is no rollout."""
    desired = str(deployment["spec"].get("replicas", 1))
    return any(rollout.wanted(r) and notes(r).get(revisions.DESIRED, desired) != desired for r in owned)


class Scaling:
    """Sizes ReplicaSets in the name of the Deployment controller."""

    def __init__(self, controller: Controller) -> None:
        self._controller = controller

    def rescale(self, deployment: Manifest, newest: Manifest | None, olds: Sequence[Manifest]) -> None:
        """Bring the active ReplicaSets to the wanted number, by their share when there are several."""
        active = [r for r in [*olds, *([newest] if newest else [])] if rollout.wanted(r)]
        replicas = int(deployment["spec"].get("replicas", 1))
        if len(active) <= 1:
            only = active[0] if active else newest
            if only is not None:
                self.scale(deployment, only, replicas)
            return
        if not is_rescaled(deployment, active):
            return
        limit = replicas + rollout.bounds(deployment)[0] if replicas else 0
        for step in rollout.proportional(active, limit - rollout.total_wanted(active)):
            self.scale(deployment, next(r for r in active if r["metadata"]["name"] == step.name), step.replicas)

    def scale(self, deployment: Manifest, replica_set: Manifest, size: int) -> Manifest:
        """Size one ReplicaSet, and tell it."""
        before = rollout.wanted(replica_set)

        def change(obj: Manifest) -> None:
            obj["spec"]["replicas"] = size
            obj["metadata"].setdefault("annotations", {}).update(revisions.sizes(deployment))

        changed = self._controller.modify("replicasets.apps", replica_set, change)
        if before != size:
            self.tell(deployment, replica_set["metadata"]["name"], before, size)
        return changed

    def tell(self, deployment: Manifest, name: str, before: int, size: int) -> None:
        """The event of a change of size."""
        way = "up" if size > before else "down"
        text = f"Scaled {way} replica set {name} from {before} to {size}"
        self._controller.event(deployment, "Normal", "ScalingReplicaSet", text)
