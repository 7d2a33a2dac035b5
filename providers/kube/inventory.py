"""Secrets by key and size, config maps with their content, and who uses them (K07, K10)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any

import msgspec

from providers.core.errors import Garbled, NotFound
from providers.core.secret import Secret
from providers.core.text import clean, clean_lines
from providers.kube.client import KubeClient
from providers.kube.impact import pods_of
from providers.kube.values import Pod


class SecretEntry(msgspec.Struct, frozen=True):
    """A secret without its values: key name to size in bytes."""

    name: str
    type: str
    created: datetime | None
    keys: dict[str, int]
    used_by: tuple[str, ...]


class ConfigMapEntry(msgspec.Struct, frozen=True):
    """A config map. `drift` says whether it changed after pods that use it started, or that this cannot be told."""

    name: str
    created: datetime | None
    data: dict[str, tuple[str, ...]]
    used_by: tuple[str, ...]
    drift: str


async def secrets(client: KubeClient, namespace: str) -> tuple[SecretEntry, ...]:
    """Every secret of the namespace by name; the values are dropped as soon as their sizes are known."""
    items = (await client.object(f"/api/v1/namespaces/{namespace}/secrets")).get("items") or []
    users = await _users(client, namespace, "secret")
    return tuple(
        SecretEntry(
            clean(item["metadata"]["name"]),
            clean(item.get("type", "")),
            _time(item["metadata"].get("creationTimestamp")),
            {clean(key): len(value) * 3 // 4 - value.count("=") for key, value in (item.get("data") or {}).items()},
            users.get(item["metadata"]["name"], ()),
        )
        for item in items
    )


async def reveal(
    client: KubeClient, namespace: str, name: str, key: str, record: Callable[[], Awaitable[object]]
) -> Secret:
    """One value of one secret. `record` writes the audit line first; when it raises, nothing is read."""
    await record()
    data = (await client.object(f"/api/v1/namespaces/{namespace}/secrets/{name}")).get("data") or {}
    if key not in data:
        raise NotFound(f"secret {clean(name)} has no key {clean(key)}", source=client.source)
    try:
        return Secret(base64.b64decode(data[key]).decode("utf-8", "replace"))
    except binascii.Error:
        raise Garbled(f"secret {clean(name)}, key {clean(key)}: not base64", source=client.source) from None


async def config_maps(client: KubeClient, namespace: str) -> tuple[ConfigMapEntry, ...]:
    """Every config map of the namespace with its content."""
    items = (await client.object(f"/api/v1/namespaces/{namespace}/configmaps")).get("items") or []
    users = await _users(client, namespace, "configmap")
    pods = {pod.name: pod for pod in await pods_of(client, namespace, {})}
    return tuple(_config_map(item, users.get(item["metadata"]["name"], ()), pods) for item in items)


def _config_map(item: dict[str, Any], users: tuple[str, ...], pods: dict[str, Pod]) -> ConfigMapEntry:
    metadata = item["metadata"]
    return ConfigMapEntry(
        clean(metadata["name"]),
        _time(metadata.get("creationTimestamp")),
        {clean(key): clean_lines(value) for key, value in (item.get("data") or {}).items()},
        users,
        drift(_changed(metadata), [pods[name] for name in users if name in pods]),
    )


def drift(changed: datetime | None, pods: Sequence[Pod]) -> str:
    """Whether pods run with older content, judged by the newest managed-fields time; says when it cannot be told."""
    if not pods:
        return "no pod uses it"
    if changed is None:
        return "cannot be told: the cluster keeps no time of the last change"
    older = [pod.name for pod in pods if pod.created is not None and pod.created < changed]
    return f"changed {changed:%Y-%m-%d %H:%MZ}, after {', '.join(older)} started" if older else "no"


def _changed(metadata: dict[str, Any]) -> datetime | None:
    times = [_time(entry.get("time")) for entry in metadata.get("managedFields") or ()]
    return max((moment for moment in times if moment is not None), default=None)


async def _users(client: KubeClient, namespace: str, kind: str) -> dict[str, tuple[str, ...]]:
    """Name of a secret or config map to the pods that mount or reference it."""
    items = (await client.object(f"/api/v1/namespaces/{namespace}/pods")).get("items") or []
    found: dict[str, list[str]] = {}
    for pod in items:
        for name in _references(pod["spec"], kind):
            found.setdefault(name, []).append(clean(pod["metadata"]["name"]))
    return {name: tuple(sorted(set(pods))) for name, pods in found.items()}


def _references(spec: dict[str, Any], kind: str) -> set[str]:
    volume, key, reference, field = (
        ("secret", "secretKeyRef", "secretRef", "secretName")
        if kind == "secret"
        else ("configMap", "configMapKeyRef", "configMapRef", "name")
    )
    names = {v[volume].get(field) for v in spec.get("volumes") or () if volume in v}
    for container in (*(spec.get("initContainers") or ()), *spec.get("containers", ())):
        names |= {e["valueFrom"][key]["name"] for e in container.get("env") or () if key in (e.get("valueFrom") or {})}
        names |= {e[reference]["name"] for e in container.get("envFrom") or () if reference in e}
    if kind == "secret":
        names |= {s.get("name") for s in spec.get("imagePullSecrets") or ()}
    return {str(name) for name in names if name}


def _time(text: str | None) -> datetime | None:
    return msgspec.convert(text, datetime) if text else None
