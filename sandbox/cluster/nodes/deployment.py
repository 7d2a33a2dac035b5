"""The Deployment controller: rolls templates out over ReplicaSets, tells how far it is, and when it is stuck."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import ClassVar

from sandbox.cluster.nodes import deployment_status as states
from sandbox.cluster.nodes import revisions, rollout
from sandbox.cluster.nodes.controller import Controller
from sandbox.cluster.nodes.objects import condition, controller_of, is_going, is_owned_by, key_of, notes, split
from sandbox.cluster.nodes.podfacts import is_over
from sandbox.cluster.seams import Manifest

_NEVER = 2**31 - 1


class DeploymentController(Controller):
    """Follows `pkg/controller/deployment`; wording and order of steps are its own."""

    watches: ClassVar[tuple[str, ...]] = ("deployments.apps", "replicasets.apps", "pods")
    component: ClassVar[str] = "deployment-controller"

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
        if deployment["spec"].get("paused") or self._is_rescaled(deployment, owned):
            self._rescale(deployment, newest, olds)
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
            return self._scale(deployment, newest, size)
        for step in rollout.shrink_olds(deployment, newest, olds):
            self._scale(deployment, next(o for o in olds if o["metadata"]["name"] == step.name), step.replicas)
        return newest

    def _recreate(
        self, deployment: Manifest, newest: Manifest | None, olds: Sequence[Manifest]
    ) -> Manifest | None:  # fmt: skip
        shrinking = [old for old in olds if rollout.wanted(old)]
        for old in shrinking:
            self._scale(deployment, old, 0)
        if shrinking or self._has_pods(deployment, olds):
            return newest
        newest = self._newest(deployment, newest, olds)
        return self._scale(deployment, newest, int(deployment["spec"].get("replicas", 1)))

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
            self._tell_scaled(deployment, name, 0, size)
        self._number(deployment, revision)
        self._progress(deployment, "NewReplicaSetCreated", f'Created new replica set "{name}"')
        return created

    def _number(self, deployment: Manifest, revision: int) -> None:
        if revisions.number(deployment) == revision:
            return

        def change(obj: Manifest) -> None:
            obj["metadata"].setdefault("annotations", {})[revisions.REVISION] = str(revision)

        self.modify("deployments.apps", deployment, change)

    # -- scale

    def _is_rescaled(self, deployment: Manifest, owned: Sequence[Manifest]) -> bool:
        desired = str(deployment["spec"].get("replicas", 1))
        return any(rollout.wanted(r) and notes(r).get(revisions.DESIRED, desired) != desired for r in owned)

    def _rescale(self, deployment: Manifest, newest: Manifest | None, olds: Sequence[Manifest]) -> None:
        active = [r for r in [*olds, *([newest] if newest else [])] if rollout.wanted(r)]
        replicas = int(deployment["spec"].get("replicas", 1))
        if len(active) <= 1:
            only = active[0] if active else newest
            if only is not None:
                self._scale(deployment, only, replicas)
            return
        if not self._is_rescaled(deployment, active):
            return
        limit = replicas + rollout.bounds(deployment)[0] if replicas else 0
        for step in rollout.proportional(active, limit - rollout.total_wanted(active)):
            self._scale(deployment, next(r for r in active if r["metadata"]["name"] == step.name), step.replicas)

    def _scale(self, deployment: Manifest, replica_set: Manifest, size: int) -> Manifest:
        before = rollout.wanted(replica_set)

        def change(obj: Manifest) -> None:
            obj["spec"]["replicas"] = size
            obj["metadata"].setdefault("annotations", {}).update(revisions.sizes(deployment))

        changed = self.modify("replicasets.apps", replica_set, change)
        if before != size:
            self._tell_scaled(deployment, replica_set["metadata"]["name"], before, size)
        return changed

    def _tell_scaled(self, deployment: Manifest, name: str, before: int, size: int) -> None:
        way = "up" if size > before else "down"
        text = f"Scaled {way} replica set {name} from {before} to {size}"
        self.event(deployment, "Normal", "ScalingReplicaSet", text)

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
        after["conditions"] = self._judged(deployment, newest, before, after, conditions)

        def change(obj: Manifest) -> None:
            obj["status"] = {**after, **{k: v for k, v in before.items() if k == "collisionCount"}}

        self.modify("deployments.apps", deployment, change, subresource="status")
        if states.is_complete(deployment, after):
            self._clean(deployment, [r for r in owned if r is not newest])

    def _judged(
        self, deployment: Manifest, newest: Manifest | None, before: Manifest, after: Manifest, held: list[Manifest]
    ) -> list[Manifest]:  # fmt: skip
        found = condition(held, "Progressing")
        settled = found is not None and found.get("reason") == "NewReplicaSetAvailable"
        if deployment["spec"].get("paused") or self._deadline(deployment) is None:
            return held
        if settled and after.get("replicas", 0) == after.get("updatedReplicas", 0):
            return held
        if states.is_complete(deployment, after):
            text = states.progress_message(deployment, newest, "has successfully progressed")
            return states.put(held, states.wording("Progressing", "True", "NewReplicaSetAvailable", text))
        if states.moved_on(before, after):
            text = states.progress_message(deployment, newest, "is progressing")
            return states.refreshed(held, states.wording("Progressing", "True", "ReplicaSetUpdated", text))
        return self._late(deployment, newest, held, found)

    def _late(
        self, deployment: Manifest, newest: Manifest | None, held: list[Manifest], found: Manifest | None
    ) -> list[Manifest]:  # fmt: skip
        deadline = self._deadline(deployment)
        reason = (found or {}).get("reason")
        if deadline is None or found is None or reason in ("ProgressDeadlineExceeded", "NewReplicaSetAvailable"):
            return held
        left = self.pace.seconds(deadline) - (time.time() - states.since_progress(held).timestamp())
        if left > 0:
            self.queue.add_after(key_of(deployment), left + 0.05)
            return held
        text = states.progress_message(deployment, newest, "has timed out progressing")
        return states.put(held, states.wording("Progressing", "False", "ProgressDeadlineExceeded", text))

    @staticmethod
    def _deadline(deployment: Manifest) -> int | None:
        seconds = int(deployment["spec"].get("progressDeadlineSeconds", 600))
        return None if seconds >= _NEVER else seconds

    def _clean(self, deployment: Manifest, olds: Sequence[Manifest]) -> None:
        for old in revisions.stale(deployment, olds):
            self.store.delete("replicasets.apps", old["metadata"]["namespace"], old["metadata"]["name"])
