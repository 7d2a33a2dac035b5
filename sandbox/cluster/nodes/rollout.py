"""The arithmetic of a rolling update, as in `k8s.io/kubectl/pkg/util/deployment`: pure, no store."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from sandbox.cluster.seams import Manifest


def _share(value: int | str, replicas: int, *, up: bool) -> int:
    if isinstance(value, int):
        return value
    if value.endswith("%"):
        part = int(value[:-1]) * replicas / 100
        return math.ceil(part) if up else math.floor(part)
    return int(value)


def bounds(deployment: Manifest) -> tuple[int, int]:
    """(surge, unavailable) in pods; never both 0. Recreate may take all pods away."""
    spec = deployment["spec"]
    replicas = int(spec.get("replicas", 1))
    strategy = spec.get("strategy") or {}
    if strategy.get("type") == "Recreate":
        return 0, replicas
    rolling = strategy.get("rollingUpdate") or {}
    surge = _share(rolling.get("maxSurge", "25%"), replicas, up=True)
    unavailable = _share(rolling.get("maxUnavailable", "25%"), replicas, up=False)
    return (surge, unavailable or 1) if surge == 0 else (surge, unavailable)


def allowed_unavailable(deployment: Manifest) -> int:
    """How many of the wanted pods may be missing while the Deployment still counts as available."""
    if (deployment["spec"].get("strategy") or {}).get("type") == "Recreate":
        return 0
    return min(bounds(deployment)[1], int(deployment["spec"].get("replicas", 1)))


@dataclass(frozen=True)
class Scale:
    """One ReplicaSet and the number of pods it should ask for."""

    name: str
    replicas: int


def wanted(replica_set: Manifest) -> int:
    """How many pods the ReplicaSet asks for."""
    return int(replica_set["spec"].get("replicas", 1))


def counted(replica_set: Manifest, field: str) -> int:
    """A figure of its status, 0 when absent."""
    return int((replica_set.get("status") or {}).get(field) or 0)


def total_wanted(replica_sets: Sequence[Manifest]) -> int:
    """Pods that all of them ask for."""
    return sum(wanted(r) for r in replica_sets)


def newest_size(deployment: Manifest, newest: Manifest | None, olds: Sequence[Manifest]) -> int:
    """How many pods the newest ReplicaSet should ask for now, within the surge."""
    replicas = int(deployment["spec"].get("replicas", 1))
    have = wanted(newest) if newest else 0
    if (deployment["spec"].get("strategy") or {}).get("type") == "Recreate" or have > replicas:
        return replicas
    room = replicas + bounds(deployment)[0] - total_wanted(olds) - have
    return have if room <= 0 else have + min(room, replicas - have)


def shrink_olds(deployment: Manifest, newest: Manifest, olds: Sequence[Manifest]) -> list[Scale]:
    """Which old ReplicaSets to shrink now: first pods that are not available, then what may be missing."""
    replicas = int(deployment["spec"].get("replicas", 1))
    least = replicas - bounds(deployment)[1]
    missing_new = wanted(newest) - counted(newest, "availableReplicas")
    budget = total_wanted([*olds, newest]) - least - missing_new
    sizes = {old["metadata"]["name"]: wanted(old) for old in olds}
    budget = _shrink_unhealthy(olds, sizes, budget)
    available = sum(counted(r, "availableReplicas") for r in [*olds, newest])
    _shrink(olds, sizes, min(budget, available - least))
    return [Scale(o["metadata"]["name"], sizes[o["metadata"]["name"]]) for o in olds if _changed(o, sizes)]


def _changed(old: Manifest, sizes: dict[str, int]) -> bool:
    return wanted(old) != sizes[old["metadata"]["name"]]


def _shrink_unhealthy(olds: Sequence[Manifest], sizes: dict[str, int], budget: int) -> int:
    for old in _by_age(olds):
        name = old["metadata"]["name"]
        cut = max(0, min(budget, sizes[name] - counted(old, "availableReplicas")))
        sizes[name] -= cut
        budget -= cut
    return budget


def _shrink(olds: Sequence[Manifest], sizes: dict[str, int], budget: int) -> None:
    for old in _by_age(olds):
        name = old["metadata"]["name"]
        cut = max(0, min(budget, sizes[name]))
        sizes[name] -= cut
        budget -= cut


def _by_age(replica_sets: Sequence[Manifest]) -> list[Manifest]:
    return sorted(replica_sets, key=lambda r: str(r["metadata"]["creationTimestamp"]))


def proportional(replica_sets: Sequence[Manifest], room: int) -> list[Scale]:
    """Spread a change of `room` pods over several active ReplicaSets by their size, the remainder to the largest."""
    total = total_wanted(replica_sets)
    ranked = sorted(replica_sets, key=wanted, reverse=True)
    shares = {r["metadata"]["name"]: int(room * wanted(r) / total) if total else 0 for r in ranked}
    shares[ranked[0]["metadata"]["name"]] += room - sum(shares.values())
    return [Scale(r["metadata"]["name"], max(0, wanted(r) + shares[r["metadata"]["name"]])) for r in ranked]
