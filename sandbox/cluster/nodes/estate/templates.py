"""What the API server would fill in: pod templates of the estate are complete from the start."""

from __future__ import annotations

import copy
from typing import Any

from sandbox.cluster.seams import Manifest


def _container(container: Manifest) -> Manifest:
    done = {
        "imagePullPolicy": "IfNotPresent", "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "File", "resources": {}, **container,
    }  # fmt: skip
    for port in done.get("ports") or ():
        port.setdefault("protocol", "TCP")
    for entry in done.get("env") or ():
        field = (entry.get("valueFrom") or {}).get("fieldRef")
        if field is not None:
            field.setdefault("apiVersion", "v1")
    for name in ("livenessProbe", "readinessProbe", "startupProbe"):
        if name in done:
            done[name] = _probe(done[name])
    return done


def _probe(probe: Manifest) -> Manifest:
    done = {"failureThreshold": 3, "periodSeconds": 10, "successThreshold": 1, "timeoutSeconds": 1, **probe}
    if "httpGet" in done:
        done["httpGet"] = {"scheme": "HTTP", **done["httpGet"]}
    return done


def pod_template(labels: dict[str, str], spec: Manifest, annotations: dict[str, str] | None = None) -> Manifest:
    """A pod template with every default written out."""
    filled: Manifest = {
        "dnsPolicy": "ClusterFirst", "restartPolicy": "Always", "schedulerName": "default-scheduler",
        "securityContext": {}, "terminationGracePeriodSeconds": 30, **copy.deepcopy(spec),
    }  # fmt: skip
    for kind in ("containers", "initContainers"):
        if kind in filled:
            filled[kind] = [_container(c) for c in filled[kind]]
    for volume in filled.get("volumes") or ():
        for kind in ("configMap", "secret"):
            if kind in volume:
                volume[kind].setdefault("defaultMode", 420)
    meta: Manifest = {"labels": labels}
    if annotations:
        meta["annotations"] = annotations
    return {"metadata": meta, "spec": filled}


def deployment(
    namespace: str, name: str, replicas: int, template: Manifest, *, cause: str = "", surge: Any = 1,
    unavailable: Any = 0, deadline: int = 600, labels: dict[str, str] | None = None,
) -> Manifest:  # fmt: skip
    """A Deployment that rolls; its selector is the `app` (or `k8s-app`) label of the template."""
    held = template["metadata"]["labels"]
    chosen = {k: held[k] for k in ("app", "k8s-app") if k in held}
    meta = {"name": name, "namespace": namespace, "labels": labels or dict(held)}
    if cause:
        meta["annotations"] = {"kubernetes.io/change-cause": cause}
    strategy = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": surge, "maxUnavailable": unavailable}}
    spec = {
        "replicas": replicas, "revisionHistoryLimit": 10, "progressDeadlineSeconds": deadline, "strategy": strategy,
        "selector": {"matchLabels": chosen}, "template": template,
    }  # fmt: skip
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta, "spec": spec}
