"""The rules an object must keep, in the words of the real server."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from sandbox.cluster import quantities
from sandbox.cluster.errors import Cause, Invalid
from sandbox.cluster.kinds import Kind
from sandbox.cluster.seams import Manifest

_SUBDOMAIN = re.compile(r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$")
_LABEL = re.compile(r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")
_VALUE = re.compile(r"^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$")
_SUBDOMAIN_TEXT = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and "
    "end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)
_LABEL_TEXT = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with "
    "an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
)
_VALUE_TEXT = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and "
    "end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is "
    "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
)


class _Go:
    """A value already in Go's notation, which a message quotes no further."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __str__(self) -> str:
        return self._text


_TEMPLATED = frozenset({"Deployment", "ReplicaSet", "StatefulSet", "DaemonSet"})
_LABEL_NAMED = frozenset({"Namespace", "Service"})
_FREE_NAMED = frozenset({"Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"})
_POD_MUTABLE = frozenset({"tolerations", "activeDeadlineSeconds", "terminationGracePeriodSeconds", "nodeName"})


def validate(kind: Kind, obj: Manifest, old: Manifest | None) -> None:
    """Raises Invalid with every cause found."""
    causes = list(_metadata(kind, obj["metadata"]))
    spec = obj.get("spec")
    if kind.kind in _TEMPLATED:
        causes += _workload(kind, spec or {}, old)
    elif kind.kind == "Pod":
        causes += _pod_spec(spec or {}, "spec")
        if old is not None:
            causes += _pod_update(spec or {}, old.get("spec", {}))
    elif kind.kind == "Job":
        causes += _pod_spec((spec or {}).get("template", {}).get("spec", {}), "spec.template.spec", job=True)
    if causes:
        raise Invalid.of(kind.kind, kind.group, obj["metadata"].get("name", ""), causes)


def _wrong(field: str, value: Any, text: str) -> Cause:
    shown = f'"{value}"' if isinstance(value, str) else value
    return "FieldValueInvalid", f"Invalid value: {shown}: {text}", field


def _missing(field: str, text: str = "") -> Cause:
    return "FieldValueRequired", f"Required value: {text}" if text else "Required value", field


def _unsupported(field: str, value: str, supported: tuple[str, ...]) -> Cause:
    listed = ", ".join(f'"{one}"' for one in supported)
    return "FieldValueNotSupported", f'Unsupported value: "{value}": supported values: {listed}', field


def _metadata(kind: Kind, meta: dict[str, Any]) -> Iterator[Cause]:
    name = meta.get("name", "")
    form, text = (_LABEL, _LABEL_TEXT) if kind.kind in _LABEL_NAMED else (_SUBDOMAIN, _SUBDOMAIN_TEXT)
    if not name:
        yield _missing("metadata.name", "name or generateName is required")
    elif kind.kind not in _FREE_NAMED and not form.match(name):
        yield _wrong("metadata.name", name, text)
    elif len(name) > 253:
        yield _wrong("metadata.name", name, "must be no more than 253 characters")
    yield from _labels(meta.get("labels"), "metadata.labels")


def _labels(labels: Any, field: str) -> Iterator[Cause]:
    for value in (labels or {}).values():
        if not isinstance(value, str) or not _VALUE.match(value):
            yield _wrong(field, value, _VALUE_TEXT)
        elif len(value) > 63:
            yield _wrong(field, value, "must be no more than 63 characters")


def _workload(kind: Kind, spec: dict[str, Any], old: Manifest | None) -> Iterator[Cause]:
    yield from _count(spec.get("replicas"), "spec.replicas")
    for name in ("progressDeadlineSeconds", "revisionHistoryLimit", "minReadySeconds"):
        yield from _count(spec.get(name), f"spec.{name}")
    selector = spec.get("selector") or {}
    template = spec.get("template") or {}
    labels = (template.get("metadata") or {}).get("labels") or {}
    if not selector.get("matchLabels") and not selector.get("matchExpressions"):
        yield _missing("spec.selector")
        yield _wrong("spec.template.metadata.labels", _go_map(labels), "`selector` does not match template `labels`")
    elif any(labels.get(name) != value for name, value in (selector.get("matchLabels") or {}).items()):
        yield _wrong("spec.template.metadata.labels", _go_map(labels), "`selector` does not match template `labels`")
    if old is not None and old["spec"].get("selector") != spec.get("selector"):
        shown = _go_selector(selector)
        yield "FieldValueInvalid", f"Invalid value: {shown}: field is immutable", "spec.selector"
    yield from _labels(labels, "spec.template.metadata.labels")
    yield from _pod_spec(template.get("spec") or {}, "spec.template.spec")
    yield from _rolling(kind, spec)


def _rolling(kind: Kind, spec: dict[str, Any]) -> Iterator[Cause]:
    if kind.kind != "Deployment":
        return
    strategy = spec.get("strategy") or {}
    if strategy.get("type") not in ("Recreate", "RollingUpdate"):
        yield _unsupported("spec.strategy.type", str(strategy.get("type")), ("Recreate", "RollingUpdate"))
    rolling = strategy.get("rollingUpdate") or {}
    if strategy.get("type") == "Recreate" and rolling:
        text = "Forbidden: may not be specified when strategy `type` is 'Recreate'"
        yield "FieldValueForbidden", text, "spec.strategy.rollingUpdate"
    if rolling and all(str(rolling.get(name)) in ("0", "0%") for name in ("maxUnavailable", "maxSurge")):
        field = "spec.strategy.rollingUpdate.maxUnavailable"
        yield _wrong(field, rolling["maxUnavailable"], "may not be 0 when `maxSurge` is 0")


def _pod_spec(spec: dict[str, Any], field: str, *, job: bool = False) -> Iterator[Cause]:
    containers = spec.get("containers") or []
    if not containers:
        yield _missing(f"{field}.containers")
    allowed = ("OnFailure", "Never") if job else ("Always", "OnFailure", "Never")
    if spec.get("restartPolicy") not in allowed:
        yield _unsupported(f"{field}.restartPolicy", str(spec.get("restartPolicy")), allowed)
    seen: set[str] = set()
    volumes = {volume.get("name") for volume in spec.get("volumes") or []}
    for group in ("initContainers", "containers"):
        for index, container in enumerate(spec.get(group) or []):
            where = f"{field}.{group}[{index}]"
            yield from _container(container, where, volumes)
            if container.get("name") in seen:
                yield "FieldValueDuplicate", f'Duplicate value: "{container["name"]}"', f"{where}.name"
            seen.add(container.get("name", ""))


def _container(container: dict[str, Any], field: str, volumes: set[Any]) -> Iterator[Cause]:
    name = container.get("name", "")
    if not name:
        yield _missing(f"{field}.name")
    elif not _LABEL.match(name):
        yield _wrong(f"{field}.name", name, _LABEL_TEXT)
    if not container.get("image"):
        yield _missing(f"{field}.image")
    for index, mount in enumerate(container.get("volumeMounts") or []):
        if mount.get("name") not in volumes:
            yield "FieldValueNotFound", f'Not found: "{mount.get("name")}"', f"{field}.volumeMounts[{index}].name"
    yield from _resources(container.get("resources") or {}, f"{field}.resources")


def _resources(resources: dict[str, Any], field: str) -> Iterator[Cause]:
    limits, requests = resources.get("limits") or {}, resources.get("requests") or {}
    bad = False
    for part, values in (("limits", limits), ("requests", requests)):
        for name, quantity in values.items():
            if not _is_quantity(quantity):
                bad = True
                text = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
                yield _wrong(f"{field}.{part}[{name}]", quantity, text)
    for name, wanted in requests.items():
        if not bad and name in limits and quantities.parse(wanted) > quantities.parse(limits[name]):
            text = f"must be less than or equal to {name} limit of {limits[name]}"
            yield _wrong(f"{field}.requests", str(wanted), text)


def _pod_update(spec: dict[str, Any], old: dict[str, Any]) -> Iterator[Cause]:
    """Of a running pod only a few fields may change: the images, and what `_POD_MUTABLE` names."""
    if _fixed(spec) != _fixed(old):
        text = (
            "Forbidden: pod updates may not change fields other than `spec.containers[*].image`,"
            "`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` "
            "(only additions to existing tolerations),`spec.terminationGracePeriodSeconds` "
            "(allow it to be set to 1 if it was previously negative)"
        )
        yield "FieldValueForbidden", text, "spec"


def _fixed(spec: dict[str, Any]) -> dict[str, Any]:
    fixed = {name: value for name, value in spec.items() if name not in _POD_MUTABLE}
    for group in ("containers", "initContainers"):
        if group in fixed:
            fixed[group] = [{k: v for k, v in one.items() if k != "image"} for one in fixed[group]]
    return fixed


def _count(value: Any, field: str) -> Iterator[Cause]:
    if isinstance(value, int) and value < 0:
        yield _wrong(field, value, "must be greater than or equal to 0")


def _is_quantity(value: Any) -> bool:
    try:
        quantities.parse(value)
    except ValueError:
        return False
    return True


def _go_selector(selector: dict[str, Any]) -> str:
    labels = _go_map(selector.get("matchLabels") or {})
    return f"v1.LabelSelector{{MatchLabels:{labels}, MatchExpressions:[]v1.LabelSelectorRequirement(nil)}}"


def _go_map(labels: dict[str, Any]) -> _Go:
    pairs = ", ".join(f'"{name}":"{value}"' for name, value in sorted(labels.items()))
    return _Go(f"map[string]string{{{pairs}}}")
