"""Manifests as a cluster gives them, small."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from providers.kube.values import Container, Deployment, Pod, Rollout

NOW = datetime(2026, 5, 4, 12, 0, 0, tzinfo=UTC)


def pod_manifest(*, spec: dict[str, Any] | None = None, status: dict[str, Any] | None = None) -> dict[str, Any]:
    """A pod with one container, `relayer`; `spec` and `status` go over what it has."""
    container = {"name": "relayer", "image": "registry/relayer:1.2.0"}
    return {
        "kind": "Pod",
        "metadata": {"name": "relayer-1", "namespace": "fusion-bitcoin", "uid": "u1", "labels": {"app": "relayer"}},
        "spec": {"nodeName": "node-1", "containers": [container]} | (spec or {}),
        "status": {"phase": "Running"} | (status or {}),
    }


def crash_loop(backoff: str = "40s") -> dict[str, Any]:
    """A container's status between two starts."""
    message = f"back-off {backoff} restarting failed container=relayer pod=relayer-1"
    return {
        "name": "relayer",
        "restartCount": 5,
        "state": {"waiting": {"reason": "CrashLoopBackOff", "message": message}},
        "lastState": {
            "terminated": {
                "exitCode": 1,
                "reason": "Error",
                "startedAt": "2026-05-04T11:59:40Z",
                "finishedAt": "2026-05-04T11:59:48Z",
            }
        },
    }


def template(**container: Any) -> dict[str, Any]:
    """A pod template with one container, `relayer`."""
    first = {"name": "relayer", "image": "registry/relayer:1.2.0"} | container
    return {"metadata": {"labels": {"app": "relayer"}}, "spec": {"containers": [first]}}


def pod(name: str = "relayer-1", *, restarts: int = 0, healthy: bool = True, **more: Any) -> Pod:
    values: dict[str, Any] = {
        "uid": name, "namespace": "fusion-bitcoin", "status": "Running", "ready": "1/1" if healthy else "0/1",
        "labels": {"app": "relayer"}, "containers": (Container(name="relayer", image="registry/relayer:1.2.0"),),
    }  # fmt: skip
    return Pod(name=name, restarts=restarts, healthy=healthy, **(values | more))


def deployment(state: str = "complete", *, generation: int = 4, ready: int = 3, **more: Any) -> Deployment:
    values: dict[str, Any] = {
        "uid": "d1", "desired": 3, "updated": 3, "available": ready, "total": 3, "revision": 4,
        "observed_generation": generation, "paused": False, "strategy": "RollingUpdate", "images": (),
        "selector": {"app": "relayer"}, "rollout": Rollout(state, "" if state == "complete" else "1 of 3 updated"),
    }  # fmt: skip
    return Deployment(name="relayer", generation=generation, ready=ready, **(values | more))
