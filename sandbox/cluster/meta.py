"""What the server itself writes into metadata: names, uids, times, generations."""

from __future__ import annotations

import random
import uuid
from datetime import UTC, datetime

from sandbox.cluster.kinds import Kind
from sandbox.cluster.seams import Manifest

_SUFFIX = "bcdfghjklmnpqrstvwxz2456789"
_KEPT = (
    "uid",
    "creationTimestamp",
    "generation",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "name",
    "namespace",
)


def stamp(at: datetime | None = None) -> str:
    """A time as metav1.Time writes it: UTC, whole seconds."""
    return (at or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%SZ")


def born(kind: Kind, obj: Manifest, dice: random.Random) -> None:
    """Give a new object its identity."""
    meta = obj.setdefault("metadata", {})
    if not meta.get("name") and meta.get("generateName"):
        meta["name"] = meta["generateName"] + "".join(dice.choices(_SUFFIX, k=5))
    meta["uid"] = str(uuid.UUID(int=dice.getrandbits(128), version=4))
    meta.setdefault("creationTimestamp", stamp())
    meta.pop("deletionTimestamp", None)
    if kind.generation:
        meta["generation"] = 1
    if not kind.namespaced:
        meta.pop("namespace", None)


def inherit(kind: Kind, new: Manifest, old: Manifest, subresource: str | None) -> Manifest:
    """The object to store when `new` replaces `old`: what the caller may not change comes from `old`."""
    if subresource == "status":
        return old | ({"status": new["status"]} if "status" in new else {})
    meta = new.setdefault("metadata", {})
    for name in _KEPT:
        if name in old["metadata"]:
            meta[name] = old["metadata"][name]
        else:
            meta.pop(name, None)
    if kind.has_status and subresource is None:
        new.pop("status", None)
        new |= {"status": old["status"]} if "status" in old else {}
    if kind.generation and _desired(new) != _desired(old):
        meta["generation"] = old["metadata"].get("generation", 0) + 1
    return new


def _desired(obj: Manifest) -> Manifest:
    return {name: value for name, value in obj.items() if name not in ("metadata", "status", "kind", "apiVersion")}
