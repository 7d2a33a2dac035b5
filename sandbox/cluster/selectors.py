"""Label and field selectors, as the list and watch parameters write them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from sandbox.cluster.errors import BadRequest
from sandbox.cluster.kinds import Kind
from sandbox.cluster.seams import Manifest

_SET = re.compile(r"^(?P<key>[^\s=!,()]+)\s+(?P<op>in|notin)\s*\((?P<values>[^()]*)\)$")
_EQUAL = re.compile(r"^(?P<key>[^\s=!,()<>]+)\s*(?P<op>==|=|!=)\s*(?P<value>[^\s=!,()]*)$")
_ORDER = re.compile(r"^(?P<key>[^\s=!,()<>]+)\s*(?P<op>[<>])\s*(?P<value>\d+)$")
_EXISTS = re.compile(r"^(?P<not>!?)\s*(?P<key>[A-Za-z0-9][\w./-]*)$")
_FIELD = re.compile(r"^(?P<key>[\w.\[\]]+)(?P<op>==|=|!=)(?P<value>.*)$")
_COMMA = re.compile(r",(?![^()]*\))")

_FIELDS: dict[str, tuple[str, ...]] = {
    "pods": (
        "spec.nodeName",
        "spec.restartPolicy",
        "spec.schedulerName",
        "spec.serviceAccountName",
        "spec.hostNetwork",
        "status.phase",
        "status.podIP",
        "status.nominatedNodeName",
    ),
    "events": (
        "involvedObject.kind",
        "involvedObject.namespace",
        "involvedObject.name",
        "involvedObject.uid",
        "involvedObject.apiVersion",
        "involvedObject.resourceVersion",
        "involvedObject.fieldPath",
        "reason",
        "reportingComponent",
        "source",
        "type",
    ),
    "nodes": ("spec.unschedulable",),
    "secrets": ("type",),
    "namespaces": ("status.phase",),
    "jobs.batch": ("status.successful",),
    "replicasets.apps": ("status.replicas",),
    "services": ("spec.clusterIP", "spec.type"),
}


@dataclass(frozen=True, slots=True)
class Requirement:
    """One condition on a label: `op` is in, notin, exists, absent, gt or lt."""

    key: str
    op: str
    values: tuple[str, ...] = ()

    def accepts(self, labels: Mapping[str, str]) -> bool:
        value = labels.get(self.key)
        match self.op:
            case "in":
                return value in self.values
            case "notin":
                return value not in self.values
            case "exists":
                return value is not None
            case "absent":
                return value is None
        return _ordered(self.op, value, self.values[0])


@dataclass(frozen=True, slots=True)
class Selection:
    """What a list or a watch shows: everything that meets the scope, the labels and the fields."""

    namespace: str | None
    labels: tuple[Requirement, ...] = ()
    fields: tuple[tuple[str, str, str], ...] = ()

    @property
    def trivial(self) -> bool:
        """True if it takes the whole resource."""
        return self.namespace is None and not self.labels and not self.fields

    def accepts(self, obj: Manifest) -> bool:
        meta = obj["metadata"]
        if self.namespace is not None and meta.get("namespace") != self.namespace:
            return False
        if self.labels:
            labels = meta.get("labels") or {}
            if not all(requirement.accepts(labels) for requirement in self.labels):
                return False
        return all((_field(obj, key) == value) is (op != "!=") for key, op, value in self.fields)


def parse_labels(text: str) -> tuple[Requirement, ...]:
    """Parse "a=b,c in (d,e),!f". Raises BadRequest."""
    return tuple(_requirement(part.strip()) for part in _COMMA.split(text) if part.strip())


def parse_fields(kind: Kind, text: str) -> tuple[tuple[str, str, str], ...]:
    """Parse "status.phase=Running,metadata.name!=x". Raises BadRequest for a field this kind cannot select by."""
    known = ("metadata.name", "metadata.namespace", *_FIELDS.get(kind.key, ()))
    parsed = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        found = _FIELD.match(part)
        if found is None:
            raise BadRequest(f"invalid selector: '{text}'; can't understand '{part}'")
        if found["key"] not in known:
            resource = f'"{kind.group}/{kind.version}, Resource={kind.plural}"'
            raise BadRequest(
                f'Unable to find {resource} that match label selector "", field selector "{text}": '
                f"field label not supported: {found['key']}"
            )
        parsed.append((found["key"], found["op"], found["value"]))
    return tuple(parsed)


def _requirement(part: str) -> Requirement:
    if found := _SET.match(part):
        values = tuple(value.strip() for value in found["values"].split(","))
        return Requirement(found["key"], found["op"], values)
    if found := _EQUAL.match(part):
        return Requirement(found["key"], "notin" if found["op"] == "!=" else "in", (found["value"],))
    if found := _ORDER.match(part):
        return Requirement(found["key"], "gt" if found["op"] == ">" else "lt", (found["value"],))
    if found := _EXISTS.match(part):
        return Requirement(found["key"], "absent" if found["not"] else "exists")
    raise BadRequest(
        f"unable to parse requirement: found '{part}', expected: an identifier, '!', '=', '!=', 'in', 'notin'"
    )


def _ordered(op: str, value: str | None, bound: str) -> bool:
    if value is None or not value.lstrip("-").isdigit():
        return False
    return int(value) > int(bound) if op == "gt" else int(value) < int(bound)


def _field(obj: Manifest, path: str) -> str:
    if path == "source":
        return str((obj.get("source") or {}).get("component", "")) or str(obj.get("reportingComponent", ""))
    value: object = obj
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    if isinstance(value, bool):
        return str(value).lower()
    return "false" if value is None and path.endswith(("unschedulable", "hostNetwork")) else str(value or "")
