"""The Table a server prints for `kubectl get`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

import msgspec

from providers.kube import convert, podstate, wire
from sandbox.cluster.journal import Record
from sandbox.cluster.kinds import Kind
from sandbox.cluster.seams import Manifest
from tui.format import span

Row = tuple[Any, ...]


def wanted(accept: str) -> bool:
    """Whether the client asks for a Table."""
    return "as=Table" in accept and "g=meta.k8s.io" in accept


def table(kind: Kind, records: Iterable[Record], revision: int) -> dict[str, Any]:
    """One row a record; the object's metadata comes along, as kubectl needs it."""
    heads, row = _PRINTERS.get(kind.key, _DEFAULT)
    rows = [
        {"cells": list(row(record.obj)), "object": {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1",
         "metadata": record.obj["metadata"]}}
        for record in records
    ]  # fmt: skip
    columns = [{"name": head, "type": "string", "format": "", "description": head, "priority": 0} for head in heads]
    return {
        "kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": {"resourceVersion": str(revision)},
        "columnDefinitions": columns, "rows": rows,
    }  # fmt: skip


def _age(text: str | None) -> str:
    if not text:
        return "<unknown>"
    return span((datetime.now(UTC) - datetime.fromisoformat(text)).total_seconds())


def _born(obj: Manifest) -> str:
    return _age(obj["metadata"].get("creationTimestamp"))


def _pod(obj: Manifest) -> Row:
    raw = msgspec.convert(obj, wire.Pod)
    value = convert.pod(raw)
    ready, all_ = podstate.ready_of(raw)
    ago = f" ({span((datetime.now(UTC) - value.last_restart).total_seconds())} ago)" if value.last_restart else ""
    return value.name, f"{ready}/{all_}", value.status, f"{value.restarts}{ago}", _born(obj)


def _deployment(obj: Manifest) -> Row:
    status = obj.get("status") or {}
    ready = f"{status.get('readyReplicas', 0)}/{obj['spec'].get('replicas', 1)}"
    return (
        obj["metadata"]["name"], ready, status.get("updatedReplicas", 0), status.get("availableReplicas", 0),
        _born(obj),
    )  # fmt: skip


def _replicaset(obj: Manifest) -> Row:
    status = obj.get("status") or {}
    return (
        obj["metadata"]["name"], obj["spec"].get("replicas", 0), status.get("replicas", 0),
        status.get("readyReplicas", 0), _born(obj),
    )  # fmt: skip


def _service(obj: Manifest) -> Row:
    spec = obj["spec"]
    ports = ",".join(f"{p['port']}/{p.get('protocol', 'TCP')}" for p in spec.get("ports") or ()) or "<none>"
    return (
        obj["metadata"]["name"],
        spec.get("type", "ClusterIP"),
        spec.get("clusterIP", "None"),
        "<none>",
        ports,
        _born(obj),
    )


def _endpoints(obj: Manifest) -> Row:
    subsets = obj.get("subsets") or ()
    pairs = [f"{a['ip']}:{p['port']}" for s in subsets for a in s.get("addresses") or () for p in s.get("ports") or ()]
    return obj["metadata"]["name"], ",".join(pairs) or "<none>", _born(obj)


def _event(obj: Manifest) -> Row:
    about = obj.get("involvedObject") or {}
    last = obj.get("lastTimestamp") or obj.get("eventTime")
    subject = f"{about.get('kind', '').lower()}/{about.get('name', '')}"
    return _age(last), obj.get("type", ""), obj.get("reason", ""), subject, obj.get("message", "")


def _node(obj: Manifest) -> Row:
    value = convert.node(msgspec.convert(obj, wire.Node))
    return value.name, value.status, "<none>", _born(obj), value.kubelet


_Printer = tuple[tuple[str, ...], Callable[[Manifest], Row]]
_DEFAULT: _Printer = (("Name", "Age"), lambda obj: (obj["metadata"]["name"], _born(obj)))
_PRINTERS: dict[str, _Printer] = {
    "pods": (("Name", "Ready", "Status", "Restarts", "Age"), _pod),
    "deployments.apps": (("Name", "Ready", "Up-to-date", "Available", "Age"), _deployment),
    "replicasets.apps": (("Name", "Desired", "Current", "Ready", "Age"), _replicaset),
    "services": (("Name", "Type", "Cluster-IP", "External-IP", "Port(s)", "Age"), _service),
    "endpoints": (("Name", "Endpoints", "Age"), _endpoints),
    "events": (("Last Seen", "Type", "Reason", "Object", "Message"), _event),
    "nodes": (("Name", "Status", "Roles", "Age", "Version"), _node),
    "configmaps": (("Name", "Data", "Age"), lambda o: (o["metadata"]["name"], len(o.get("data") or {}), _born(o))),
    "secrets": (
        ("Name", "Type", "Data", "Age"),
        lambda o: (o["metadata"]["name"], o.get("type", "Opaque"), len(o.get("data") or {}), _born(o)),
    ),
}
