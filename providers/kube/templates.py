"""What two pod templates differ in, in words an operator decides by."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from providers.core.action import Change
from providers.core.secret import MASK
from providers.core.text import clean
from providers.kube.masking import looks_secret, masked

IGNORED_LABELS = frozenset({"pod-template-hash"})
_CONTAINER_PARTS = ("command", "args", "ports", "envFrom", "livenessProbe", "readinessProbe", "startupProbe",
                    "volumeMounts", "lifecycle", "securityContext", "imagePullPolicy", "workingDir")  # fmt: skip
_POD_PARTS = ("volumes", "nodeSelector", "tolerations", "affinity", "serviceAccountName", "imagePullSecrets",
              "terminationGracePeriodSeconds", "hostNetwork", "securityContext", "priorityClassName")  # fmt: skip


def diff(before: dict[str, Any], after: dict[str, Any]) -> tuple[Change, ...]:
    """The changes from one pod template to another: images, env, resources, the rest. Secrets stay masked."""
    old, new = _flat(before), _flat(after)
    changed = [key for key in dict.fromkeys((*old, *new)) if old.get(key) != new.get(key)]
    return tuple(_change(key, old.get(key), new.get(key)) for key in sorted(changed, key=_order))


def same(before: dict[str, Any], after: dict[str, Any]) -> bool:
    """Whether two templates make the same pods."""
    return bare(before) == bare(after)


def bare(template: dict[str, Any]) -> dict[str, Any]:
    """The template without the label the deployment controller adds to it."""
    copy: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(template))
    metadata = copy.get("metadata") or {}
    metadata.pop("creationTimestamp", None)
    for label in IGNORED_LABELS:
        (metadata.get("labels") or {}).pop(label, None)
    copy["metadata"] = metadata
    return copy


def images_of(template: dict[str, Any]) -> tuple[str, ...]:
    return tuple(clean(c.get("image", "")) for c in template.get("spec", {}).get("containers", ()))


def _flat(template: dict[str, Any]) -> dict[str, str]:
    return dict(_lines(template))


def _lines(template: dict[str, Any]) -> Iterator[tuple[str, str]]:
    metadata, spec = template.get("metadata") or {}, template.get("spec") or {}
    for group in ("containers", "initContainers"):
        for container in spec.get(group) or ():
            yield from _container_lines(clean(container.get("name", "")), container)
    for part in _POD_PARTS:
        if part in spec:
            yield part, _json(spec[part])
    for kind in ("labels", "annotations"):
        for key, value in (metadata.get(kind) or {}).items():
            if key not in IGNORED_LABELS:
                yield f"{kind[:-1]} {clean(key)}", str(value)


def _container_lines(name: str, container: dict[str, Any]) -> Iterator[tuple[str, str]]:
    yield f"{name} image", str(container.get("image", ""))
    for variable in container.get("env") or ():
        source = variable.get("valueFrom")
        yield (
            f"{name} env {clean(variable.get('name', ''))}",
            _json(source) if source else str(variable.get("value", "")),
        )
    for bound, amounts in (container.get("resources") or {}).items():
        if isinstance(amounts, dict):
            yield from ((f"{name} {bound} {key}", str(value)) for key, value in amounts.items())
    for part in _CONTAINER_PARTS:
        if part in container:
            yield f"{name} {part}", _json(container[part])


def _change(key: str, before: str | None, after: str | None) -> Change:
    words = key.split(" ")
    name = words[-1] if "env" in words[:-1] else ""
    if name and any(looks_secret(name, value) for value in (before, after) if value is not None):
        return Change(
            key, None if before is None else f"{MASK} (differs)", None if after is None else f"{MASK} (differs)"
        )
    return Change(key, *(None if value is None else masked("", value) for value in (before, after)))


def _order(key: str) -> tuple[int, str]:
    for rank, word in enumerate((" image", " env ", " limits ", " requests ")):
        if word in f"{key} ":
            return rank, key
    return 9, key


def _json(value: Any) -> str:
    return msgspec.json.encode(value, order="sorted").decode()
