"""Services, budgets, jobs and the rest of the namespace of the bridge."""

from __future__ import annotations

from typing import Any

from sandbox.cluster.nodes.estate import config
from sandbox.cluster.nodes.estate.bridge import FRONTEND, RELAYER, RESOLVER
from sandbox.cluster.nodes.estate.config import NAMESPACE
from sandbox.cluster.nodes.estate.templates import pod_template
from sandbox.cluster.nodes.programs.catalog import BRIDGE
from sandbox.cluster.seams import Manifest

LEGACY = "fusion-bitcoin-legacy"
BTCNODE = "fusion-bitcoin-btcnode"
MIGRATE = "fusion-bitcoin-migrate"
BACKFILL = "fusion-bitcoin-backfill"


def _meta(name: str, **more: Any) -> Manifest:
    return {"name": name, "namespace": NAMESPACE, "labels": {"app": name}, **more}


def service(
    name: str, cluster_ip: str, port: Manifest, selector: dict[str, str] | None, namespace: str = NAMESPACE
) -> Manifest:
    """A ClusterIP Service, headless when the address is "None"."""
    spec: Manifest = {
        "type": "ClusterIP", "clusterIP": cluster_ip, "clusterIPs": [cluster_ip],
        "ports": [{"protocol": "TCP", **port}],
        "ipFamilies": ["IPv4"], "ipFamilyPolicy": "SingleStack", "sessionAffinity": "None",
        "internalTrafficPolicy": "Cluster",
    }  # fmt: skip
    if selector:
        spec["selector"] = selector
    meta = {"name": name, "namespace": namespace, "labels": {"app": name}}
    return {"apiVersion": "v1", "kind": "Service", "metadata": meta, "spec": spec, "status": {"loadBalancer": {}}}


def services() -> list[Manifest]:
    """Of the bridge: three that work, one that selects nothing, one whose endpoints are written by hand."""
    http: Manifest = {"name": "http", "port": 80, "targetPort": "http"}
    return [
        service(FRONTEND, "172.20.41.10", http, {"app": FRONTEND}),
        service(RELAYER, "None", {"name": "http", "port": 3000, "targetPort": "http"}, {"app": RELAYER}),
        service(RESOLVER, "172.20.87.203", {"name": "http", "port": 3001, "targetPort": "http"}, {"app": RESOLVER}),
        service(
            LEGACY, "172.20.12.77", {"name": "http", "port": 80, "targetPort": 8080}, {"app": "fusion-bitcoin-gone"}
        ),
        service(BTCNODE, "172.20.190.6", {"name": "rpc", "port": 8332, "targetPort": 8332}, None),
    ]


def hand_made_endpoints() -> Manifest:
    """What stands behind the Service without a selector."""
    subset = {"addresses": [{"ip": "10.20.200.8"}], "ports": [{"name": "rpc", "port": 8332, "protocol": "TCP"}]}
    return {"apiVersion": "v1", "kind": "Endpoints", "metadata": _meta(BTCNODE), "subsets": [subset]}


def budgets() -> list[Manifest]:
    """PodDisruptionBudgets."""
    limits = ((RELAYER, {"minAvailable": 2}), (RESOLVER, {"minAvailable": 1}), (FRONTEND, {"maxUnavailable": 1}))
    return [
        {
            "apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": _meta(name),
            "spec": {**limit, "selector": {"matchLabels": {"app": name}}},
        }
        for name, limit in limits
    ]  # fmt: skip


def autoscaler() -> Manifest:
    """An HPA over the frontend; it never acts here."""
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": FRONTEND}
    metric = {
        "type": "Resource",
        "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 70}},
    }
    now = {
        "type": "Resource",
        "resource": {"name": "cpu", "current": {"averageUtilization": 24, "averageValue": "24m"}},
    }
    status = {"currentReplicas": 2, "desiredReplicas": 2, "currentMetrics": [now], "conditions": []}
    return {
        "apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": _meta(FRONTEND),
        "spec": {"scaleTargetRef": target, "minReplicas": 2, "maxReplicas": 6, "metrics": [metric]}, "status": status,
    }  # fmt: skip


def ingress() -> Manifest:
    """The way in from the load balancer."""
    backend = {"service": {"name": FRONTEND, "port": {"name": "http"}}}
    rule = {"host": "bridge.example", "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}}
    host = "fusion-bitcoin-alb-1180235544.eu-west-1.elb.example"
    return {
        "apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": _meta(FRONTEND),
        "spec": {
            "ingressClassName": "alb", "rules": [rule],
            "tls": [{"hosts": ["bridge.example"], "secretName": config.TLS_SECRET}],
        },
        "status": {"loadBalancer": {"ingress": [{"hostname": host}]}},
    }  # fmt: skip


def job(name: str, container: str, script: str) -> Manifest:
    """A Job that runs a script once, with one more try."""
    spec = {
        "restartPolicy": "Never",
        "containers": [{"name": container, "image": f"{BRIDGE}/tools:1.2.0", "command": ["sh", "-c", script]}],
    }
    template = pod_template({"job-name": name, "batch.kubernetes.io/job-name": name, "app": name}, spec)
    body = {"backoffLimit": 1, "completions": 1, "parallelism": 1, "completionMode": "NonIndexed", "suspend": False}
    selector = {"matchLabels": {"batch.kubernetes.io/job-name": name}}
    return {
        "apiVersion": "batch/v1", "kind": "Job", "metadata": _meta(name),
        "spec": {**body, "selector": selector, "template": template},
    }  # fmt: skip
