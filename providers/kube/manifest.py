"""An object as YAML for reading: bookkeeping folded, secrets masked."""

from __future__ import annotations

from typing import Any

import yaml

from providers.core.secret import MASK
from providers.core.text import clean_lines
from providers.kube.masking import looks_secret

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


def yaml_lines(manifest: dict[str, Any]) -> tuple[str, ...]:
    """Clean lines; managedFields and last-applied are one line each, secrets and secret-looking env masked."""
    shown = dict(manifest)
    metadata = dict(shown.get("metadata") or {})
    fields = metadata.pop("managedFields", None)
    if fields:
        managers = sorted({str(entry.get("manager", "?")) for entry in fields})
        metadata["managedFields"] = f"({len(fields)} entries by {', '.join(managers)})"
    annotations = dict(metadata.get("annotations") or {})
    if LAST_APPLIED in annotations:
        annotations[LAST_APPLIED] = f"({len(annotations[LAST_APPLIED])} characters)"
        metadata["annotations"] = annotations
    shown["metadata"] = metadata
    if shown.get("kind") == "Secret":
        for part in ("data", "stringData"):
            shown[part] = {key: f"{MASK} ({len(value)} characters)" for key, value in (shown.get(part) or {}).items()}
    return clean_lines(yaml.safe_dump(_masked(shown), sort_keys=False, allow_unicode=True, width=200))


def _masked(value: Any) -> Any:
    if isinstance(value, dict):
        if set(value) == {"name", "value"} and looks_secret(str(value["name"]), str(value["value"])):
            return {"name": value["name"], "value": MASK}
        return {key: _masked(inner) for key, inner in value.items()}
    return [_masked(inner) for inner in value] if isinstance(value, list) else value
