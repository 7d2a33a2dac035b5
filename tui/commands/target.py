"""KIND/NAME as operators write it."""

from __future__ import annotations

from providers.core.errors import UsageError

_SHORT = {
    "po": "pod", "pods": "pod", "deploy": "deployment", "deployments": "deployment", "rs": "replicaset",
    "svc": "service", "services": "service", "cm": "configmap", "configmaps": "configmap", "no": "node",
    "nodes": "node", "secrets": "secret", "ep": "endpoints",
}  # fmt: skip


def parse_target(text: str) -> tuple[str, str]:
    """("deployment", "relayer") from deploy/relayer. Raises UsageError."""
    kind, slash, name = text.partition("/")
    if not slash or not kind or not name:
        raise UsageError(f"{text!r} is not KIND/NAME", fix="write pod/NAME or deployment/NAME")
    return _SHORT.get(kind, kind), name
