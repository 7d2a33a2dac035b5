"""The three services of the bridge, in each of their releases."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sandbox.cluster.nodes.estate import config
from sandbox.cluster.nodes.estate.config import NAMESPACE
from sandbox.cluster.nodes.estate.templates import deployment, pod_template
from sandbox.cluster.nodes.programs.catalog import BRIDGE
from sandbox.cluster.seams import Manifest

RELAYER = "fusion-bitcoin-relayer"
RESOLVER = "fusion-bitcoin-resolver"
FRONTEND = "fusion-bitcoin-frontend"
DEADLINE = 120


@dataclass(frozen=True)
class Release:
    """A version and how long ago it was rolled out."""

    version: str
    ago: timedelta
    cause: str


RELEASES = (
    Release("1.0.0", timedelta(days=21, hours=3), "first release"),
    Release("1.1.0", timedelta(days=9, hours=6), "HTLC claim batching"),
    Release("1.2.0", timedelta(days=2, hours=4), "lower claim margin"),
)


def image(service: str, version: str) -> str:
    """The reference of a service's image."""
    return f"{BRIDGE}/{service}:{version}"


def _from(kind: str, name: str, key: str) -> Manifest:
    return {f"{kind}KeyRef": {"name": name, "key": key}}


def _common() -> list[Manifest]:
    return [
        {"name": "POD_NAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
        {"name": "POD_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
        {"name": "NODE_NAME", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}},
        {"name": "FUSION_ENV", "valueFrom": _from("configMap", config.CONFIG, "FUSION_ENV")},
        {"name": "LOG_LEVEL", "valueFrom": _from("configMap", config.CONFIG, "LOG_LEVEL")},
    ]


def _settings(*keys: str) -> list[Manifest]:
    return [{"name": key, "valueFrom": _from("configMap", config.CONFIG, key)} for key in keys]


def _secret(name: str, secret: str, key: str) -> Manifest:
    return {"name": name, "valueFrom": _from("secret", secret, key)}


def _probes(port: int, delay: int = 30) -> Manifest:
    return {
        "livenessProbe": {
            "httpGet": {"path": "/health", "port": port},
            "initialDelaySeconds": delay,
            "periodSeconds": 10,
        },
        "readinessProbe": {"httpGet": {"path": "/ready", "port": port}, "initialDelaySeconds": 5, "periodSeconds": 5},
    }


def _sized(cpu: str, memory: str, most_cpu: str, most_memory: str) -> Manifest:
    return {"requests": {"cpu": cpu, "memory": memory}, "limits": {"cpu": most_cpu, "memory": most_memory}}


_CONFIG_MOUNT = {"name": "config", "mountPath": "/etc/fusion", "readOnly": True}
_CONFIG_VOLUME = {"name": "config", "configMap": {"name": config.CONFIG}}


def _relayer(version: str) -> Manifest:
    env = [
        {"name": "FUSION_SERVICE", "value": "relayer"}, *_common(),
        *_settings("DATABASE_HOST", "DATABASE_PORT", "REDIS_HOST", "ETH_RPC_URL", "BTC_RPC_URL", "CONFIRMATIONS"),
        _secret("DATABASE_USER", config.DATABASE_SECRET, "username"),
        _secret("DATABASE_PASSWORD", config.DATABASE_SECRET, "password"),
        _secret("REDIS_AUTH", config.REDIS_SECRET, "auth"), _secret("SIGNING_KEY", config.SIGNING_SECRET, "key.hex"),
    ]  # fmt: skip
    container = {
        "name": "relayer", "image": image("relayer", version), "env": env,
        "ports": [{"name": "http", "containerPort": 3000}],
        "resources": _sized("250m", "512Mi", "1", "1Gi"), "volumeMounts": [dict(_CONFIG_MOUNT)], **_probes(3000),
    }  # fmt: skip
    return {"containers": [container], "volumes": [dict(_CONFIG_VOLUME)]}


def _resolver(version: str) -> Manifest:
    env = [
        {"name": "FUSION_SERVICE", "value": "resolver"}, *_common(),
        _secret("REDIS_AUTH", config.REDIS_SECRET, "auth"),
    ]  # fmt: skip
    container = {
        "name": "resolver", "image": image("resolver", version), "env": env,
        "envFrom": [{"configMapRef": {"name": config.CONFIG}}], "ports": [{"name": "http", "containerPort": 3001}],
        "resources": _sized("350m", "320Mi", "1", "512Mi"), **_probes(3001),
        "volumeMounts": [
            dict(_CONFIG_MOUNT), {"name": "signing", "mountPath": "/etc/fusion-secrets", "readOnly": True},
        ],
    }  # fmt: skip
    sidecar = {
        "name": "telemetry", "image": f"{BRIDGE}/telemetry:0.9.4",
        "ports": [{"name": "metrics", "containerPort": 9102}],
        "resources": _sized("50m", "32Mi", "100m", "64Mi"),
    }  # fmt: skip
    script = "echo waiting for the database; sleep 1; echo database answers, schema version 41"
    init = {"name": "wait-for-database", "image": f"{BRIDGE}/tools:1.0.0", "command": ["sh", "-c", script]}
    signing = {"name": "signing", "secret": {"secretName": config.SIGNING_SECRET}}
    return {"initContainers": [init], "containers": [container, sidecar], "volumes": [dict(_CONFIG_VOLUME), signing]}


def _frontend(version: str) -> Manifest:
    container = {
        "name": "frontend", "image": image("frontend", version),
        "env": [{"name": "FUSION_SERVICE", "value": "frontend"}, *_common()],
        "ports": [{"name": "http", "containerPort": 8080}],
        "resources": _sized("100m", "96Mi", "500m", "192Mi"), **_probes(8080, 10),
        "volumeMounts": [
            {"name": "nginx", "mountPath": "/etc/nginx/conf.d", "readOnly": True},
            {"name": "tls", "mountPath": "/etc/nginx/tls", "readOnly": True},
        ],
    }  # fmt: skip
    nginx = {"name": "nginx", "configMap": {"name": config.FRONTEND_CONFIG}}
    return {"containers": [container], "volumes": [nginx, {"name": "tls", "secret": {"secretName": config.TLS_SECRET}}]}


_SERVICES = {
    RELAYER: (3, _relayer, config.CONFIG), RESOLVER: (2, _resolver, config.CONFIG),
    FRONTEND: (2, _frontend, config.FRONTEND_CONFIG),
}  # fmt: skip


def names() -> list[str]:
    """The Deployments of the bridge."""
    return list(_SERVICES)


def bridge_deployment(name: str, release: Release) -> Manifest:
    """A Deployment of the bridge as of that release."""
    replicas, spec, configured_by = _SERVICES[name]
    tier = name.rpartition("-")[2]
    settings = next(m for m in config.config_maps() if m["metadata"]["name"] == configured_by)
    labels = {"app": name, "tier": tier, "version": release.version}
    notes = {"checksum/config": config.checksum(settings)}
    template = pod_template(labels, spec(release.version), notes)
    cause = f"release {tier} {release.version}: {release.cause}"
    own = {"app": name, "tier": tier, "app.kubernetes.io/part-of": "fusion-bitcoin"}
    return deployment(NAMESPACE, name, replicas, template, cause=cause, deadline=DEADLINE, labels=own)
