"""Reading and marking Kubernetes objects: keys, labels, owners, conditions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sandbox.cluster.nodes.times import stamp
from sandbox.cluster.seams import Manifest


def key_of(obj: Manifest) -> str:
    """ "namespace/name", the key of a work queue."""
    meta = obj["metadata"]
    return f"{meta.get('namespace', '')}/{meta['name']}"


def split(key: str) -> tuple[str, str]:
    """The inverse of `key_of`."""
    namespace, _, name = key.partition("/")
    return namespace, name


def labels(obj: Manifest) -> dict[str, str]:
    """The labels, never None."""
    return obj["metadata"].get("labels") or {}


def notes(obj: Manifest) -> dict[str, str]:
    """The annotations, never None."""
    return obj["metadata"].get("annotations") or {}


def is_going(obj: Manifest) -> bool:
    """Whether its deletion has begun."""
    return bool(obj["metadata"].get("deletionTimestamp"))


def owner_reference(owner: Manifest) -> Manifest:
    """A controller reference to `owner`."""
    return {
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }


def controller_of(obj: Manifest) -> Manifest | None:
    """The owner reference marked as controller."""
    for reference in obj["metadata"].get("ownerReferences") or ():
        if reference.get("controller"):
            return dict(reference)
    return None


def is_owned_by(obj: Manifest, owner: Manifest) -> bool:
    """Whether `owner` controls `obj`."""
    reference = controller_of(obj)
    return reference is not None and reference["uid"] == owner["metadata"]["uid"]


def _expression_holds(expression: Mapping[str, Any], have: Mapping[str, str]) -> bool:
    key, operator = expression["key"], expression["operator"]
    if operator == "Exists":
        return key in have
    if operator == "DoesNotExist":
        return key not in have
    inside = have.get(key) in (expression.get("values") or ())
    return inside if operator == "In" else not inside


def selects(selector: Mapping[str, Any] | None, have: Mapping[str, str]) -> bool:
    """Whether a LabelSelector selects these labels; None selects nothing, an empty one everything."""
    if selector is None:
        return False
    pairs = (selector.get("matchLabels") or {}).items()
    expressions: Iterable[Mapping[str, Any]] = selector.get("matchExpressions") or ()
    return all(have.get(k) == v for k, v in pairs) and all(_expression_holds(e, have) for e in expressions)


def condition(conditions: Iterable[Manifest], kind: str) -> Manifest | None:
    """The condition of that type."""
    return next((c for c in conditions if c["type"] == kind), None)


def with_condition(conditions: list[Manifest], new: Manifest, at: datetime | None = None) -> list[Manifest]:
    """Replace the condition of that type in place; the transition time moves only when the status does."""
    old = condition(conditions, new["type"])
    moved = old is None or old["status"] != new["status"]
    when = stamp(at) if moved or old is None else old["lastTransitionTime"]
    fresh = {"lastTransitionTime": when, **new}
    if old is None:
        return [*conditions, fresh]
    return [fresh if c is old else c for c in conditions]
