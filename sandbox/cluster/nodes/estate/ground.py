"""What the workloads stand on: namespaces, nodes, configuration, services."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from sandbox.cluster.nodes import machines as hardware
from sandbox.cluster.nodes.estate import config, fixtures, system
from sandbox.cluster.nodes.machines import Machine
from sandbox.cluster.nodes.programs import catalog
from sandbox.cluster.seams import Manifest

AGE = timedelta(days=34, hours=2)
"""How old the cluster is."""
_CONFIGURED = timedelta(days=21, hours=3)
_NAMESPACES = ("default", "kube-system", "kube-public", "kube-node-lease", config.NAMESPACE, system.MONITORING)


def objects(machines: Sequence[Machine], at: datetime) -> Iterator[tuple[str, Manifest, timedelta]]:
    """(store key, object, age), in the order in which they need each other."""
    for name in _NAMESPACES:
        yield "namespaces", _namespace(name), AGE
    for machine in machines:
        yield "nodes", hardware.node_of(machine, at - AGE, catalog.node_images()), AGE
        yield "leases.coordination.k8s.io", hardware.lease_of(machine), AGE
    for obj in config.config_maps():
        yield "configmaps", obj, _CONFIGURED
    for obj in config.all_secrets():
        yield "secrets", obj, _CONFIGURED
    for obj in (*fixtures.services(), _dns()):
        yield "services", obj, AGE
    yield "endpoints", fixtures.hand_made_endpoints(), AGE
    for obj in fixtures.budgets():
        yield "poddisruptionbudgets.policy", obj, AGE
    yield "horizontalpodautoscalers.autoscaling", fixtures.autoscaler(), AGE
    yield "ingresses.networking.k8s.io", fixtures.ingress(), AGE


def _namespace(name: str) -> Manifest:
    labels = {"kubernetes.io/metadata.name": name, **({"team": "oncall"} if name == config.NAMESPACE else {})}
    meta = {"name": name, "labels": labels}
    body = {"spec": {"finalizers": ["kubernetes"]}, "status": {"phase": "Active"}}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": meta, **body}


def _dns() -> Manifest:
    port = {"name": "dns-tcp", "port": 53, "targetPort": 8080}
    return fixtures.service("kube-dns", "172.20.0.10", port, {"k8s-app": "kube-dns"}, system.SYSTEM)
