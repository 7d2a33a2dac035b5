"""The values the API server writes into what a client left out."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

from sandbox.cluster.seams import Manifest

_PROBE = {"timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3}
_PODS = {
    "restartPolicy": "Always",
    "terminationGracePeriodSeconds": 30,
    "dnsPolicy": "ClusterFirst",
    "securityContext": {},
    "schedulerName": "default-scheduler",
}
_CONTAINER = {"terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File", "resources": {}}
_MODES: dict[str, tuple[str, int]] = {
    "configMap": ("defaultMode", 420),
    "secret": ("defaultMode", 420),
    "projected": ("defaultMode", 420),
    "downwardAPI": ("defaultMode", 420),
}
_TOLERATED = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")


def default(key: str, obj: Manifest) -> None:
    """Fill in an object in place. What is set already stays."""
    fill = _DEFAULTS.get(key)
    if fill is not None:
        fill(obj)


def _fill(target: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    for name, value in values.items():
        if target.get(name) is None:
            target[name] = dict(value) if isinstance(value, dict) else value
    return target


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _pod(obj: Manifest) -> None:
    spec = obj.setdefault("spec", {})
    _pod_spec(spec)
    _fill(spec, {"serviceAccountName": "default", "serviceAccount": "default", "enableServiceLinks": True})
    _fill(spec, {"preemptionPolicy": "PreemptLowerPriority", "priority": 0})
    tolerations = spec.setdefault("tolerations", [])
    for taint in _TOLERATED:
        if not any(toleration.get("key") == taint for toleration in _dicts(tolerations)):
            tolerations.append({"key": taint, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300})
    status = _fill(obj.setdefault("status", {}), {"phase": "Pending"})
    status.setdefault("qosClass", _qos(spec))


def _pod_spec(spec: dict[str, Any]) -> None:
    _fill(spec, _PODS)
    for container in _dicts(spec.get("containers")) + _dicts(spec.get("initContainers")):
        _container(container)
    for volume in _dicts(spec.get("volumes")):
        for source, (field, mode) in _MODES.items():
            if isinstance(volume.get(source), dict):
                volume[source].setdefault(field, mode)


def _container(container: dict[str, Any]) -> None:
    image = str(container.get("image", ""))
    latest = image.endswith(":latest") or ":" not in image.rpartition("/")[2]
    _fill(container, _CONTAINER | {"imagePullPolicy": "Always" if latest else "IfNotPresent"})
    for port in _dicts(container.get("ports")):
        port.setdefault("protocol", "TCP")
    for name in ("livenessProbe", "readinessProbe", "startupProbe"):
        if isinstance(container.get(name), dict):
            _probe(container[name])
    resources = container["resources"]
    for name, limit in (resources.get("limits") or {}).items():
        resources.setdefault("requests", {}).setdefault(name, limit)


def _probe(probe: dict[str, Any]) -> None:
    _fill(probe, _PROBE)
    if isinstance(probe.get("httpGet"), dict):
        _fill(probe["httpGet"], {"path": "/", "scheme": "HTTP"})


def _qos(spec: dict[str, Any]) -> str:
    resources = [container["resources"] for container in _dicts(spec.get("containers"))]
    if not any(one.get("requests") or one.get("limits") for one in resources):
        return "BestEffort"
    exact = all(
        {"cpu", "memory"} <= set(one.get("limits") or {}) == set(one.get("requests") or {}) for one in resources
    )
    return "Guaranteed" if exact and all(one["limits"] == one["requests"] for one in resources) else "Burstable"


def _template(obj: Manifest) -> dict[str, Any]:
    spec: dict[str, Any] = obj.setdefault("spec", {})
    template = spec.setdefault("template", {})
    template.setdefault("metadata", {}).setdefault("creationTimestamp", None)
    _pod_spec(template.setdefault("spec", {}))
    return spec


def _deployment(obj: Manifest) -> None:
    spec = _template(obj)
    _fill(spec, {"replicas": 1, "revisionHistoryLimit": 10, "progressDeadlineSeconds": 600})
    strategy = _fill(spec.setdefault("strategy", {}), {"type": "RollingUpdate"})
    if strategy["type"] == "RollingUpdate":
        _fill(strategy.setdefault("rollingUpdate", {}), {"maxUnavailable": "25%", "maxSurge": "25%"})


def _replicas(obj: Manifest) -> None:
    _fill(_template(obj), {"replicas": 1})


def _stateful(obj: Manifest) -> None:
    spec = _fill(_template(obj), {"replicas": 1, "revisionHistoryLimit": 10, "podManagementPolicy": "OrderedReady"})
    _fill(spec, {"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}}})


def _daemon(obj: Manifest) -> None:
    strategy = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1, "maxSurge": 0}}
    _fill(_template(obj), {"revisionHistoryLimit": 10, "updateStrategy": strategy})


def _job(obj: Manifest) -> None:
    spec = _fill(_template(obj), {"backoffLimit": 6, "completionMode": "NonIndexed", "suspend": False})
    _fill(spec, {"completions": 1, "parallelism": 1})
    if "selector" not in spec:
        own = {"batch.kubernetes.io/controller-uid": obj["metadata"].get("uid", "")}
        spec["selector"] = {"matchLabels": own}
        labels = spec["template"]["metadata"].setdefault("labels", {})
        labels |= own | {"batch.kubernetes.io/job-name": obj["metadata"]["name"], "job-name": obj["metadata"]["name"]}


def _cron_job(obj: Manifest) -> None:
    spec = obj.setdefault("spec", {})
    limits = {"successfulJobsHistoryLimit": 3, "failedJobsHistoryLimit": 1}
    _fill(spec, {"concurrencyPolicy": "Allow", "suspend": False} | limits)


def _service(obj: Manifest) -> None:
    spec = obj.setdefault("spec", {})
    _fill(spec, {"type": "ClusterIP", "sessionAffinity": "None", "internalTrafficPolicy": "Cluster"})
    for port in _dicts(spec.get("ports")):
        _fill(port, {"protocol": "TCP", "targetPort": port.get("port")})
    if spec["type"] != "ExternalName":
        _fill(spec, {"clusterIP": _address(obj), "ipFamilyPolicy": "SingleStack"})
        spec.setdefault("clusterIPs", [spec["clusterIP"]])
        spec.setdefault("ipFamilies", ["IPv4"])
    obj.setdefault("status", {"loadBalancer": {}})


def _address(obj: Manifest) -> str:
    """A cluster address out of 10.96.0.0/16, drawn from the object's uid so that it is the same at every start."""
    uid = str(obj["metadata"].get("uid", "")).replace("-", "")
    number = int(uid[:4] or "0", 16)
    return f"10.96.{number >> 8}.{max(1, number & 0xFF)}"


def _secret(obj: Manifest) -> None:
    obj.setdefault("type", "Opaque")
    for name, text in (obj.pop("stringData", None) or {}).items():
        obj.setdefault("data", {})[name] = base64.b64encode(str(text).encode()).decode()


def _namespace(obj: Manifest) -> None:
    obj["metadata"].setdefault("labels", {}).setdefault("kubernetes.io/metadata.name", obj["metadata"]["name"])
    obj.setdefault("spec", {}).setdefault("finalizers", ["kubernetes"])
    obj.setdefault("status", {}).setdefault("phase", "Active")


_DEFAULTS: dict[str, Callable[[Manifest], None]] = {
    "pods": _pod,
    "deployments.apps": _deployment,
    "replicasets.apps": _replicas,
    "statefulsets.apps": _stateful,
    "daemonsets.apps": _daemon,
    "jobs.batch": _job,
    "cronjobs.batch": _cron_job,
    "services": _service,
    "secrets": _secret,
    "namespaces": _namespace,
}
