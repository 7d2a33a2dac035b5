"""What `get` prints of each kind: which feed it comes from, and the columns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from tui.commands.listing_database import CACHE, DATABASE, MANAGED
from tui.commands.listing_shape import Listing
from tui.format import bytes_text, cores
from tui.moment import age


def _use(meter: Any, text: Callable[[float | None], str]) -> str:
    return f"{text(meter.used)}/{text(meter.requested)}/{text(meter.limit)}"


def _workload(w: Any) -> Sequence[str]:
    d = w.deployment
    errors = "?" if w.errors is None or w.errors.lines is None else f"{w.errors.lines:.0f}"
    images = ",".join(image.rpartition("/")[2] for image in d.images)
    return (
        d.name, f"{d.ready}/{d.desired}", d.rollout.state, str(d.revision), images,
        str(w.restarts), _use(w.cpu, cores), _use(w.memory, bytes_text), errors, age(d.created),
    )  # fmt: skip


def _pod(p: Any) -> Sequence[str]:
    restarts = f"{p.restarts} ({age(p.last_restart)} ago)" if p.last_restart else str(p.restarts)
    return p.name, p.ready, p.status, restarts, age(p.created), p.node or "-"


KUBE = {
    "deployments": Listing(
        "workloads",
        ("NAME", "READY", "ROLLOUT", "REV", "IMAGE", "RESTARTS", "CPU use/req/lim", "MEM …", "ERR/MIN", "AGE"),
        _workload,
    ),
    "pods": Listing("pods", ("NAME", "READY", "STATUS", "RESTARTS", "AGE", "NODE"), _pod),
    "system-pods": Listing("system_pods", ("NAME", "READY", "STATUS", "RESTARTS", "AGE", "NODE"), _pod),
    "events": Listing(
        "events",
        ("LAST", "TYPE", "REASON", "OBJECT", "COUNT", "MESSAGE"),
        lambda e: (age(e.last), e.type, e.reason, f"{e.kind.lower()}/{e.subject}", str(e.count), e.message),
    ),
    "services": Listing(
        "services",
        ("NAME", "TYPE", "CLUSTER-IP", "PORTS", "SELECTOR"),
        lambda s: (
            s.name, s.type, s.cluster_ip, ",".join(s.ports), ",".join(f"{k}={v}" for k, v in s.selector.items()) or "-",
        ),
    ),
    "endpoints": Listing(
        "endpoints",
        ("NAME", "READY", "NOT READY", "ADDRESSES"),
        lambda e: (e.name, str(len(e.ready)), str(len(e.not_ready)), ", ".join((*e.ready, *e.not_ready)) or "-"),
    ),
    "nodes": Listing(
        "nodes",
        ("NAME", "STATUS", "HEARTBEAT", "CPU", "MEMORY", "KUBELET", "TAINTS"),
        lambda n: (
            n.name, n.status, age(n.heartbeat), cores(n.cpu), bytes_text(n.memory), n.kubelet,
            ",".join(n.taints) or "-",
        ),
    ),
    "replicasets": Listing(
        "replicasets",
        ("NAME", "REV", "DESIRED", "READY", "IMAGES", "CAUSE"),
        lambda r: (r.name, str(r.revision), str(r.desired), str(r.ready), ",".join(r.images), r.change_cause),
    ),
    "budgets": Listing(
        "budgets",
        ("NAME", "BOUND", "HEALTHY", "WANTED", "ALLOWED"),
        lambda b: (b.name, b.minimum, str(b.healthy), str(b.wanted), str(b.allowed)),
    ),
}  # fmt: skip

LISTINGS: Final[dict[str, Listing]] = KUBE | DATABASE | CACHE | MANAGED

ALIASES = {
    "deployment": "deployments", "deploy": "deployments", "pod": "pods", "po": "pods", "event": "events",
    "ev": "events", "service": "services", "svc": "services", "node": "nodes", "no": "nodes", "ep": "endpoints",
    "rs": "replicasets", "pdb": "budgets", "backend": "backends", "activity": "backends", "database": "databases",
    "cache": "caches", "snapshot": "snapshots", "statement": "statements", "parameter": "parameters",
}  # fmt: skip
