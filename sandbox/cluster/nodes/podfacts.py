"""What controllers ask of a pod."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sandbox.cluster.nodes import quantities
from sandbox.cluster.nodes.objects import condition, is_going
from sandbox.cluster.nodes.times import parse
from sandbox.cluster.seams import Manifest


def phase(pod: Manifest) -> str:
    """The phase; a pod nobody has looked at is Pending."""
    return str((pod.get("status") or {}).get("phase") or "Pending")


def is_over(pod: Manifest) -> bool:
    """Whether its containers have ended for good."""
    return phase(pod) in ("Succeeded", "Failed")


def is_active(pod: Manifest) -> bool:
    """Whether it counts towards the replicas of its owner."""
    return not is_over(pod) and not is_going(pod)


def ready_condition(pod: Manifest) -> Manifest | None:
    """The condition Ready, when it is True."""
    found = condition((pod.get("status") or {}).get("conditions") or (), "Ready")
    return found if found and found["status"] == "True" else None


def is_ready(pod: Manifest) -> bool:
    """Whether it may receive traffic."""
    return ready_condition(pod) is not None


def seconds_until_available(pod: Manifest, min_ready: float, at: datetime) -> float | None:
    """0 when available, more when it only has to stay ready, None when it is not ready."""
    ready = ready_condition(pod)
    if ready is None:
        return None
    if min_ready <= 0:
        return 0.0
    return max(0.0, min_ready - (at - parse(ready["lastTransitionTime"])).total_seconds())


def requests(pod: Manifest) -> tuple[int, int]:
    """What the scheduler counts: millicores and bytes. The largest init container counts when it is larger."""
    spec = pod["spec"]
    return _total(spec, "cpu", quantities.millicores), _total(spec, "memory", quantities.size)


def _total(spec: Manifest, resource: str, read: Callable[[object], int]) -> int:
    def of(container: Manifest) -> int:
        return read(((container.get("resources") or {}).get("requests") or {}).get(resource, "0"))

    running = sum(of(c) for c in spec["containers"])
    first = max((of(c) for c in spec.get("initContainers") or ()), default=0)
    return max(running, first)


def quality(pod: Manifest) -> str:
    """The QoS class, by the rules of the API server."""
    containers = [*pod["spec"]["containers"], *(pod["spec"].get("initContainers") or ())]
    resources = [c.get("resources") or {} for c in containers]
    if not any(r.get("requests") or r.get("limits") for r in resources):
        return "BestEffort"
    full = all(
        (r.get("limits") or {}).get(name) and (r.get("requests") or r["limits"]).get(name) == r["limits"][name]
        for r in resources
        for name in ("cpu", "memory")
    )
    return "Guaranteed" if full else "Burstable"
