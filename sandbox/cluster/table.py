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
WIDE = "+"
"""Begins the heads of columns that are printed with -o wide only."""


def wanted(accept: str) -> bool:
    """Whether the client asks for a Table."""
    return "as=Table" in accept and "g=meta.k8s.io" in accept


def table(kind: Kind, records: Iterable[Record], revision: int, *, whole: bool = False) -> dict[str, Any]:
    """One row a record; the object's metadata comes along, as kubectl needs it, or the `whole` object to sort by."""
    heads, row = _PRINTERS.get(kind.key, _DEFAULT)
    rows = [
        {"cells": list(row(record.obj)), "object": record.obj if whole else _metadata(record.obj)}
        for record in records
    ]  # fmt: skip
    columns = [
        {
            "name": head.removeprefix(WIDE), "type": "string", "format": "", "description": head.removeprefix(WIDE),
            "priority": int(head.startswith(WIDE)),
        }
        for head in heads
    ]  # fmt: skip
    return {
        "kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": {"resourceVersion": str(revision)},
        "columnDefinitions": columns, "rows": rows,
    }  # fmt: skip


def _metadata(obj: Manifest) -> dict[str, Any]:
    return {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": obj["metadata"]}


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
    wide = (value.ip or "<none>", value.node or "<none>", "<none>", "<none>")
    return value.name, f"{ready}/{all_}", value.status, f"{value.restarts}{ago}", _born(obj), *wide


def _deployment(obj: Manifest) -> Row:
    status = obj.get("status") or {}
    ready = f"{status.get('readyReplicas', 0)}/{obj['spec'].get('replicas', 1)}"
    return (
        obj["metadata"]["name"], ready, status.get("updatedReplicas", 0), status.get("availableReplicas", 0),
        _born(obj), *_made_of(obj),
    )  # fmt: skip


def _made_of(obj: Manifest) -> Row:
    """Containers, images and selector of a workload."""
    containers = obj["spec"]["template"]["spec"]["containers"]
    names, images = (",".join(c[key] for c in containers) for key in ("name", "image"))
    return names, images, _pairs((obj["spec"].get("selector") or {}).get("matchLabels"))


def _pairs(labels: dict[str, str] | None) -> str:
    return ",".join(f"{key}={value}" for key, value in (labels or {}).items()) or "<none>"


def _replicaset(obj: Manifest) -> Row:
    status = obj.get("status") or {}
    return (
        obj["metadata"]["name"], obj["spec"].get("replicas", 0), status.get("replicas", 0),
        status.get("readyReplicas", 0), _born(obj), *_made_of(obj),
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
        _pairs(spec.get("selector")),
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
    facts = (obj.get("status") or {}).get("nodeInfo") or {}
    addresses = {a["type"]: a["address"] for a in (obj.get("status") or {}).get("addresses") or ()}
    wide = (addresses.get("InternalIP", "<none>"), "<none>", facts.get("osImage", "<unknown>"))
    kernel = (facts.get("kernelVersion", "<unknown>"), facts.get("containerRuntimeVersion", "<unknown>"))
    return value.name, value.status, "<none>", _born(obj), value.kubelet, *wide, *kernel


_Printer = tuple[tuple[str, ...], Callable[[Manifest], Row]]
_DEFAULT: _Printer = (("Name", "Age"), lambda obj: (obj["metadata"]["name"], _born(obj)))
_PRINTERS: dict[str, _Printer] = {
    "pods": (
        ("Name", "Ready", "Status", "Restarts", "Age", "+IP", "+Node", "+Nominated Node", "+Readiness Gates"),
        _pod,
    ),
    "deployments.apps": (
        ("Name", "Ready", "Up-to-date", "Available", "Age", "+Containers", "+Images", "+Selector"),
        _deployment,
    ),
    "replicasets.apps": (
        ("Name", "Desired", "Current", "Ready", "Age", "+Containers", "+Images", "+Selector"),
        _replicaset,
    ),
    "services": (("Name", "Type", "Cluster-IP", "External-IP", "Port(s)", "Age", "+Selector"), _service),
    "endpoints": (("Name", "Endpoints", "Age"), _endpoints),
    "events": (("Last Seen", "Type", "Reason", "Object", "Message"), _event),
    "nodes": (
        (
            "Name",
            "Status",
            "Roles",
            "Age",
            "Version",
            "+Internal-IP",
            "+External-IP",
            "+OS-Image",
            "+Kernel-Version",
            "+Container-Runtime",
        ),
        _node,
    ),
    "configmaps": (("Name", "Data", "Age"), lambda o: (o["metadata"]["name"], len(o.get("data") or {}), _born(o))),
    "secrets": (
        ("Name", "Type", "Data", "Age"),
        lambda o: (o["metadata"]["name"], o.get("type", "Opaque"), len(o.get("data") or {}), _born(o)),
    ),
}
