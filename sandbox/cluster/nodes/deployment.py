"""The Deployment controller: rolls templates out over ReplicaSets, tells how far it is, and when it is stuck."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from sandbox.cluster.nodes import deployment_status as states
from sandbox.cluster.nodes import progress, revisions, rollout
from sandbox.cluster.nodes.controller import Controller
from sandbox.cluster.nodes.objects import condition, controller_of, is_going, is_owned_by, key_of, split
from sandbox.cluster.nodes.podfacts import is_over
from sandbox.cluster.nodes.recorder import Recorder
from sandbox.cluster.nodes.scaling import Scaling, is_rescaled
from sandbox.cluster.seams import Manifest, Objects, Pace


class DeploymentController(Controller):
    """Follows `pkg/controller/deployment`; wording and order of steps are its own."""

    watches: ClassVar[tuple[str, ...]] = ("deployments.apps", "replicasets.apps", "pods")
    component: ClassVar[str] = "deployment-controller"

    def __init__(self, store: Objects, pace: Pace, recorder: Recorder) -> None:
        super().__init__(store, pace, recorder)
        self._scaling = Scaling(self)

    def observe(self, change: str, key: str, obj: Manifest) -> None:
        if key == "deployments.apps":
            self.queue.add(key_of(obj))
            return
        owner = controller_of(obj)
        if owner and owner["kind"] == "Deployment":
            self.queue.add(f"{obj['metadata']['namespace']}/{owner['name']}")
        elif owner and owner["kind"] == "ReplicaSet" and change == "DELETED":
            # Recreate waits for the last old pod to be gone; the hash is the last part of the owner's name.
            self.queue.add(f"{obj['metadata']['namespace']}/{owner['name'].rpartition('-')[0]}")

    def reconcile(self, key: str) -> None:
        namespace, name = split(key)
        deployment = self.store.get("deployments.apps", namespace, name)
        if is_going(deployment):
            return
        deployment = self._note_pause(deployment)
        owned = [r for r in self.store.list("replicasets.apps", namespace) if is_owned_by(r, deployment)]
        newest = revisions.find_newest(deployment, owned)
        olds = [r for r in owned if r is not newest]
        if deployment["spec"].get("paused") or is_rescaled(deployment, owned):
            self._scaling.rescale(deployment, newest, olds)
        elif (deployment["spec"].get("strategy") or {}).get("type") == "Recreate":
            newest = self._recreate(deployment, newest, olds)
        else:
            newest = self._roll(deployment, newest, olds)
        self._settle(namespace, name, newest)

    # -- the two strategies

    def _roll(self, deployment: Manifest, newest: Manifest | None, olds: Sequence[Manifest]) -> Manifest:
        newest = self._newest(deployment, newest, olds)
        size = rollout.newest_size(deployment, newest, olds)
        if size != rollout.wanted(newest):
            return self._scaling.scale(deployment, newest, size)
        for step in rollout.shrink_olds(deployment, newest, olds):
            self._scaling.scale(deployment, next(o for o in olds if o["metadata"]["name"] == step.name), step.replicas)
        return newest

    def _recreate(
        self, deployment: Manifest, newest: Manifest | None, olds: Sequence[Manifest]
    ) -> Manifest | None:  # fmt: skip
        shrinking = [old for old in olds if rollout.wanted(old)]
        for old in shrinking:
            self._scaling.scale(deployment, old, 0)
        if shrinking or self._has_pods(deployment, olds):
            return newest
        newest = self._newest(deployment, newest, olds)
        return self._scaling.scale(deployment, newest, int(deployment["spec"].get("replicas", 1)))

    def _has_pods(self, deployment: Manifest, olds: Sequence[Manifest]) -> bool:
        pods = self.store.list("pods", deployment["metadata"]["namespace"])
        return any(is_owned_by(pod, old) and not is_over(pod) for pod in pods for old in olds)

    # -- revisions

    def _newest(self, deployment: Manifest, newest: Manifest | None, olds: Sequence[Manifest]) -> Manifest:
        revision = revisions.next_number(olds)
        if newest is None:
            size = rollout.newest_size(deployment, None, olds)
            if (deployment["spec"].get("strategy") or {}).get("type") == "Recreate":
                size = 0
            return self._create(deployment, revision, size)
        found = newest

        def mark(replica_set: Manifest) -> None:
            revisions.mark(replica_set, deployment, revision)

        found = self.modify("replicasets.apps", found, mark)
        self._number(deployment, revisions.number(found))
        return found

    def _create(self, deployment: Manifest, revision: int, size: int) -> Manifest:
        fresh = revisions.replica_set_of(deployment, revision, size)
        created = self.store.create("replicasets.apps", fresh)
        name = created["metadata"]["name"]
        if size:
            self._scaling.tell(deployment, name, 0, size)
        self._number(deployment, revision)
        self._progress(deployment, "NewReplicaSetCreated", f'Created new replica set "{name}"')
        return created

    def _number(self, deployment: Manifest, revision: int) -> None:
        if revisions.number(deployment) == revision:
            return

        def change(obj: Manifest) -> None:
            obj["metadata"].setdefault("annotations", {})[revisions.REVISION] = str(revision)

        self.modify("deployments.apps", deployment, change)

    # -- status

    def _note_pause(self, deployment: Manifest) -> Manifest:
        paused = bool(deployment["spec"].get("paused"))
        found = condition((deployment.get("status") or {}).get("conditions") or (), "Progressing")
        was = bool(found and found.get("reason") == "DeploymentPaused")
        if paused == was or (not paused and found is None):
            return deployment
        reason, text = ("DeploymentPaused", "paused") if paused else ("DeploymentResumed", "resumed")
        return self._progress(deployment, reason, f"Deployment is {text}", "Unknown")

    def _progress(self, deployment: Manifest, reason: str, text: str, status: str = "True") -> Manifest:
        new = states.wording("Progressing", status, reason, text)

        def change(obj: Manifest) -> None:
            held = obj.setdefault("status", {})
            held["conditions"] = states.put(held.get("conditions") or [], new)

        return self.modify("deployments.apps", deployment, change, subresource="status")

    def _settle(self, namespace: str, name: str, newest: Manifest | None) -> None:
        deployment = self.store.get("deployments.apps", namespace, name)
        owned = [r for r in self.store.list("replicasets.apps", namespace) if is_owned_by(r, deployment)]
        newest = next((r for r in owned if newest and r["metadata"]["uid"] == newest["metadata"]["uid"]), None)
        before = deployment.get("status") or {}
        after = states.figures(deployment, newest, owned)
        conditions = states.put(list(before.get("conditions") or []), states.availability(deployment, after))
        after["conditions"], left = progress.judged(
            deployment, newest, before, after, conditions, self.pace.seconds(progress.deadline(deployment) or 0)
        )
        if left is not None:
            self.queue.add_after(key_of(deployment), left + 0.05)

        def change(obj: Manifest) -> None:
            obj["status"] = {**after, **{k: v for k, v in before.items() if k == "collisionCount"}}

        self.modify("deployments.apps", deployment, change, subresource="status")
        if states.is_complete(deployment, after):
            self._clean(deployment, [r for r in owned if r is not newest])

    def _clean(self, deployment: Manifest, olds: Sequence[Manifest]) -> None:
        for old in revisions.stale(deployment, olds):
            self.store.delete("replicasets.apps", old["metadata"]["namespace"], old["metadata"]["name"])
