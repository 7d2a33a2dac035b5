"""The disruption controller: how many pods of a budget may be taken away now."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, ClassVar

from sandbox.cluster.errors import NotFound
from sandbox.cluster.nodes.controller import Controller
from sandbox.cluster.nodes.objects import controller_of, key_of, labels, selects, split, with_condition
from sandbox.cluster.nodes.podfacts import is_active, is_ready
from sandbox.cluster.seams import Manifest

_OWNERS = {"ReplicaSet": "replicasets.apps", "Deployment": "deployments.apps", "StatefulSet": "statefulsets.apps"}


class DisruptionController(Controller):
    """Keeps the status of PodDisruptionBudgets; evictions are refused by the API server, by these numbers."""

    watches: ClassVar[tuple[str, ...]] = ("poddisruptionbudgets.policy", "pods", "deployments.apps")
    component: ClassVar[str] = "controllermanager"

    def observe(self, change: str, key: str, obj: Manifest) -> None:
        if key == "poddisruptionbudgets.policy":
            self.queue.add(key_of(obj))
            return
        for budget in self.store.list("poddisruptionbudgets.policy", obj["metadata"]["namespace"]):
            self.queue.add(key_of(budget))

    def reconcile(self, key: str) -> None:
        namespace, name = split(key)
        budget = self.store.get("poddisruptionbudgets.policy", namespace, name)
        selector = budget["spec"].get("selector")
        pods = [p for p in self.store.list("pods", namespace) if selects(selector, labels(p)) and is_active(p)]
        expected, desired = self._numbers(budget, pods)
        healthy = sum(is_ready(p) for p in pods)
        allowed = max(0, healthy - desired)
        self._tell(budget, {
            "currentHealthy": healthy, "desiredHealthy": desired, "disruptionsAllowed": allowed if expected else 0,
            "expectedPods": expected,
        })  # fmt: skip

    def _numbers(self, budget: Manifest, pods: Sequence[Manifest]) -> tuple[int, int]:
        spec = budget["spec"]
        if "maxUnavailable" in spec:
            expected = self._expected(pods)
            return expected, max(0, expected - _part(spec["maxUnavailable"], expected))
        least = spec.get("minAvailable", 1)
        if isinstance(least, int):
            return len(pods), least
        expected = self._expected(pods)
        return expected, _part(least, expected)

    def _expected(self, pods: Sequence[Manifest]) -> int:
        sizes: dict[str, int] = {}
        for pod in pods:
            owner = self._scaled_owner(pod)
            if owner is not None:
                sizes[owner["metadata"]["uid"]] = int(owner["spec"].get("replicas", 1))
        return sum(sizes.values())

    def _scaled_owner(self, obj: Manifest) -> Manifest | None:
        reference = controller_of(obj)
        if reference is None or reference["kind"] not in _OWNERS:
            return None
        with suppress(NotFound):
            owner = self.store.get(_OWNERS[reference["kind"]], obj["metadata"]["namespace"], reference["name"])
            return self._scaled_owner(owner) or owner
        return None

    def _tell(self, budget: Manifest, numbers: Manifest) -> None:
        enough = numbers["disruptionsAllowed"] > 0
        new = {
            "type": "DisruptionAllowed", "status": "True" if enough else "False", "message": "",
            "reason": "SufficientPods" if enough else "InsufficientPods",
            "observedGeneration": budget["metadata"].get("generation", 1),
        }  # fmt: skip

        def change(obj: Manifest) -> None:
            held = (obj.get("status") or {}).get("conditions") or []
            seen = obj["metadata"].get("generation", 1)
            obj["status"] = {**numbers, "observedGeneration": seen, "conditions": with_condition(held, new)}

        self.modify("poddisruptionbudgets.policy", budget, change, subresource="status")


def _part(value: Any, whole: int) -> int:
    if isinstance(value, str) and value.endswith("%"):
        return math.ceil(int(value[:-1]) * whole / 100)
    return int(value)
