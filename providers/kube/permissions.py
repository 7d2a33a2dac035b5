"""Every right the console can use on a cluster, for `doctor`."""

from __future__ import annotations

from collections.abc import Sequence

from providers.core.action import Permission


def used_permissions(namespace: str, system_namespaces: Sequence[str]) -> tuple[Permission, ...]:
    """Reads first, then what actions need."""
    apps = ("deployments.apps", "replicasets.apps")
    watched = ("pods", *apps, "events", "services", "endpoints", "poddisruptionbudgets.policy")
    return (
        *(Permission("list", resource, namespace) for resource in watched),
        *(Permission("watch", resource, namespace) for resource in ("pods", "deployments.apps")),
        Permission("get", "pods/log", namespace),
        Permission("list", "configmaps", namespace),
        Permission("list", "secrets", namespace),
        Permission("list", "pods.metrics.k8s.io", namespace),
        *(Permission("list", "pods", system) for system in system_namespaces),
        Permission("list", "nodes"),
        Permission("get", "pods/exec", namespace),
        Permission("create", "pods/exec", namespace),
        Permission("get", "pods/proxy", namespace),
        Permission("patch", "deployments.apps", namespace),
        Permission("delete", "pods", namespace),
    )
