"""What every object passes on its way into the store: defaults, validation, and who wrote it."""

from __future__ import annotations

from typing import Any

from sandbox.cluster.defaulting import default
from sandbox.cluster.kinds import Kind
from sandbox.cluster.meta import stamp
from sandbox.cluster.seams import Manifest
from sandbox.cluster.validation import validate

_FIELD_KEYS = {"containers": "name", "initContainers": "name", "env": "name", "ports": "containerPort"}
_DEFAULT_WRITER = "kubectl-client-side-apply"


def admit(kind: Kind, obj: Manifest, old: Manifest | None) -> None:
    """Complete `obj` in place. Raises Invalid."""
    default(kind.key, obj)
    validate(kind, obj, old)
    if old is None and kind.key == "deployments.apps" and "managedFields" not in obj["metadata"]:
        note_writer(kind, obj, _DEFAULT_WRITER, "Update", obj["metadata"].get("creationTimestamp") or stamp())


def note_writer(kind: Kind, obj: Manifest, manager: str, operation: str, at: str | None = None) -> None:
    """Write the managedFields entry of one writer, replacing an earlier one."""
    entry = {
        "manager": manager,
        "operation": operation,
        "apiVersion": kind.api_version,
        "time": at or stamp(),
        "fieldsType": "FieldsV1",
        "fieldsV1": _owned({name: value for name, value in obj.items() if name == "spec"}) | _labels(obj),
    }
    others = [
        other
        for other in obj["metadata"].get("managedFields", ())
        if (other.get("manager"), other.get("operation")) != (manager, operation)
    ]
    obj["metadata"]["managedFields"] = [*others, entry]


def _labels(obj: Manifest) -> dict[str, Any]:
    meta = obj["metadata"]
    written = {name: meta[name] for name in ("annotations", "labels") if meta.get(name)}
    return {"f:metadata": _owned(written)} if written else {}


def _owned(value: Any, name: str = "") -> dict[str, Any]:
    if isinstance(value, dict):
        return {f"f:{field}": _owned(inner, field) for field, inner in value.items()}
    key = _FIELD_KEYS.get(name)
    if isinstance(value, list) and key:
        items = [item for item in value if isinstance(item, dict) and key in item]
        return {f'k:{{"{key}":{_json(item[key])}}}': {".": {}} | _owned(item) for item in items}
    return {}


def _json(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value)
