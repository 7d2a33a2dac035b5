"""Reading decoded manifests, whose every part may be missing or null."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec

Manifest = dict[str, Any]


def part(manifest: Manifest, *path: str) -> Manifest:
    """The object at `path`; empty when anything on the way is missing."""
    for name in path:
        inner = manifest.get(name)
        if not isinstance(inner, dict):
            return {}
        manifest = inner
    return manifest


def items(manifest: Manifest, *path: str) -> list[Manifest]:
    """The objects of the list at `path`."""
    found = part(manifest, *path[:-1]).get(path[-1])
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def moment(text: Any) -> datetime | None:
    """A time of the API (RFC 3339); None for anything else."""
    try:
        return msgspec.convert(text, datetime) if isinstance(text, str) else None
    except msgspec.ValidationError:
        return None


def name_of(manifest: Manifest) -> str:
    return str(part(manifest, "metadata").get("name", ""))


def containers_of(spec: Manifest) -> Iterator[tuple[str, Manifest]]:
    """(group, container) of a pod spec: init containers first, as they run."""
    for group in ("initContainers", "containers", "ephemeralContainers"):
        yield from ((group, container) for container in items(spec, group))


def label_query(selector: Manifest) -> str:
    """A LabelSelector as the query parameter that asks for the same; "" for one that selects everything."""
    terms = [f"{key}={value}" for key, value in part(selector, "matchLabels").items()]
    for wanted in items(selector, "matchExpressions"):
        key, values = wanted.get("key", ""), ",".join(wanted.get("values") or ())
        match wanted.get("operator"):
            case "Exists":
                terms.append(key)
            case "DoesNotExist":
                terms.append(f"!{key}")
            case "In":
                terms.append(f"{key} in ({values})")
            case "NotIn":
                terms.append(f"{key} notin ({values})")
    return ",".join(terms)


class Writer(msgspec.Struct, frozen=True):
    """Who last wrote a field, as the object's managed fields tell: the program's name, and when."""

    manager: str
    at: datetime | None


def last_writer(manifest: Manifest, field: str) -> Writer | None:
    """The newest writer of a top-level field ("spec", "data"); None when nobody is on record."""
    return max(_writers(manifest, field), key=lambda w: w.at.timestamp() if w.at else 0.0, default=None)


def template_writers(deployment: Manifest) -> list[Writer]:
    """Everybody on record who wrote the pod template; of each only the last time is kept."""
    return _writers(deployment, "spec", "template")


def _writers(manifest: Manifest, *path: str) -> list[Writer]:
    return [
        Writer(str(entry.get("manager", "")), moment(entry.get("time")))
        for entry in items(manifest, "metadata", "managedFields")
        if f"f:{path[-1]}" in part(entry, "fieldsV1", *(f"f:{name}" for name in path[:-1]))
        and not entry.get("subresource")
    ]
