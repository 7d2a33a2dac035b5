"""kube-system and monitoring: what the cluster itself runs."""

from __future__ import annotations

from typing import Any

from sandbox.cluster.nodes.estate.machines import MONITORING_TAINT
from sandbox.cluster.nodes.estate.templates import deployment, pod_template
from sandbox.cluster.nodes.programs.catalog import REGISTRY
from sandbox.cluster.seams import Manifest

SYSTEM = "kube-system"
MONITORING = "monitoring"
METRICS_SERVER = "metrics-server"


def _container(name: str, image: str, port: int, cpu: str, memory: str, limit: str = "") -> Manifest:
    resources: Manifest = {"requests": {"cpu": cpu, "memory": memory}}
    if limit:
        resources["limits"] = {"memory": limit}
    ports = [{"name": "http", "containerPort": port}]
    return {"name": name, "image": f"{REGISTRY}/{image}", "ports": ports, "resources": resources}


def _labels(name: str) -> dict[str, str]:
    return {"k8s-app": name}


def _everywhere(spec: Manifest) -> Manifest:
    return {**spec, "tolerations": [{"operator": "Exists"}], "priorityClassName": "system-node-critical"}


def deployments() -> list[Manifest]:
    """CoreDNS, metrics-server, Prometheus and Alertmanager."""
    dns = _container("coredns", "eks/coredns:v1.11.4", 8080, "100m", "70Mi", "170Mi")
    dns["readinessProbe"] = {"httpGet": {"path": "/ready", "port": 8080}}
    scrape = _container(METRICS_SERVER, "metrics-server:v0.7.2", 10250, "100m", "200Mi", "400Mi")
    critical: Manifest = {"priorityClassName": "system-cluster-critical"}
    return [
        deployment(
            SYSTEM, "coredns", 2, pod_template(_labels("kube-dns"), {"containers": [dns], **critical}), unavailable=1
        ),
        deployment(
            SYSTEM, METRICS_SERVER, 1, pod_template(_labels(METRICS_SERVER), {"containers": [scrape], **critical})
        ),
        _monitor("prometheus", "prometheus:v3.4.0", 9090, "300m", "1Gi"),
        _monitor("alertmanager", "alertmanager:v0.28.1", 9093, "50m", "128Mi"),
    ]


def _monitor(name: str, image: str, port: int, cpu: str, memory: str) -> Manifest:
    key, value, effect = MONITORING_TAINT
    toleration = {"key": key, "operator": "Equal", "value": value, "effect": effect}
    spec: dict[str, Any] = {
        "containers": [_container(name, image, port, cpu, memory)], "nodeSelector": {"role": "monitoring"},
        "tolerations": [toleration],
    }  # fmt: skip
    return deployment(MONITORING, name, 1, pod_template({"app": name}, spec))


def daemons() -> list[Manifest]:
    """kube-proxy and the network of the pods."""
    proxy = _container("kube-proxy", "eks/kube-proxy:v1.32.4", 10256, "100m", "64Mi")
    network = _container("aws-node", "amazon-k8s-cni:v1.19.5", 61678, "50m", "64Mi")
    return [_daemon("kube-proxy", proxy), _daemon("aws-node", network)]


def _daemon(name: str, container: Manifest) -> Manifest:
    template = pod_template(_labels(name), _everywhere({"hostNetwork": True, "containers": [container]}))
    meta = {"name": name, "namespace": SYSTEM, "labels": _labels(name)}
    spec = {
        "selector": {"matchLabels": _labels(name)}, "template": template, "revisionHistoryLimit": 10,
        "updateStrategy": {"type": "OnDelete"},
    }  # fmt: skip
    return {"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": meta, "spec": spec}
