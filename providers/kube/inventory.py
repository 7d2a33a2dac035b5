"""Secrets by key and size, config maps with their content, and who uses them (K07, K10)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from providers.core.text import clean, clean_lines
from providers.kube.client import KubeClient
from providers.kube.impact import pods_of
from providers.kube.manifest import size_of
from providers.kube.masking import scrubbed
from providers.kube.raw import Manifest, containers_of, items, last_writer, moment, part
from providers.kube.values import Pod

UNKNOWN: Final = "cannot be told"


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
    found = items(await client.object(f"/api/v1/namespaces/{namespace}/secrets"), "items")
    users = await _users(client, namespace, "secret")
    return tuple(
        SecretEntry(
            clean(item["metadata"]["name"]),
            clean(item.get("type", "")),
            moment(item["metadata"].get("creationTimestamp")),
            {clean(key): size_of(value, encoded=True) for key, value in part(item, "data").items()},
            users.get(item["metadata"]["name"], ()),
        )
        for item in found
    )


async def config_maps(client: KubeClient, namespace: str) -> tuple[ConfigMapEntry, ...]:
    """Every config map of the namespace with its content."""
    found = items(await client.object(f"/api/v1/namespaces/{namespace}/configmaps"), "items")
    users = await _users(client, namespace, "configmap")
    pods = {pod.name: pod for pod in await pods_of(client, namespace, {})}
    return tuple(_config_map(item, users.get(item["metadata"]["name"], ()), pods) for item in found)


def _config_map(item: Manifest, users: tuple[str, ...], pods: dict[str, Pod]) -> ConfigMapEntry:
    metadata = item["metadata"]
    return ConfigMapEntry(
        clean(metadata["name"]),
        moment(metadata.get("creationTimestamp")),
        _content(item),
        users,
        drift(_changed(item), [pods[name] for name in users if name in pods]),
    )


def _content(item: Manifest) -> dict[str, tuple[str, ...]]:
    texts = {clean(key): clean_lines(scrubbed(str(value))) for key, value in part(item, "data").items()}
    return texts | {
        clean(key): (f"({size_of(value, encoded=True)} bytes, not text)",)
        for key, value in part(item, "binaryData").items()
    }


def drift(changed: datetime | None, pods: Sequence[Pod]) -> str:
    """Whether pods started before the content was last written, as its managed fields tell; "no" when none did."""
    if not pods:
        return "no pod uses it"
    if changed is None:
        return f"{UNKNOWN}: the cluster keeps no time of the last change"
    older = [pod for pod in pods if pod.created is not None and pod.created < changed]
    if not older:
        return "no"
    first = min(pod.created for pod in older if pod.created is not None)
    names = ", ".join(pod.name for pod in older[:5])
    return f"changed {changed:%Y-%m-%d %H:%MZ}, {said(changed - first)} after the first of {names} started"


def said(span: timedelta) -> str:
    """ "3 h", "12 min", "40 s"."""
    seconds = int(span.total_seconds())
    return next(
        f"{seconds // size} {unit}"
        for size, unit in ((3600, "h"), (60, "min"), (1, "s"))
        if seconds >= size or size == 1
    )


def _changed(item: Manifest) -> datetime | None:
    writer = last_writer(item, "data")
    return writer.at if writer else None


async def _users(client: KubeClient, namespace: str, kind: str) -> dict[str, tuple[str, ...]]:
    """Name of a secret or config map to the pods that mount or reference it."""
    pods = items(await client.object(f"/api/v1/namespaces/{namespace}/pods"), "items")
    found: dict[str, list[str]] = {}
    for pod in pods:
        for name in _references(pod["spec"], kind):
            found.setdefault(name, []).append(clean(pod["metadata"]["name"]))
    return {name: tuple(sorted(set(users))) for name, users in found.items()}


def _references(spec: Manifest, kind: str) -> set[str]:
    """The names of the secrets or config maps a pod spec takes its variables, files and pull credentials from."""
    volume, key, reference, field = (
        ("secret", "secretKeyRef", "secretRef", "secretName")
        if kind == "secret"
        else ("configMap", "configMapKeyRef", "configMapRef", "name")
    )
    names = {part(v, volume).get(field) for v in items(spec, "volumes")}
    names |= {part(s, volume).get("name") for v in items(spec, "volumes") for s in items(v, "projected", "sources")}
    for _, container in containers_of(spec):
        names |= {part(e, "valueFrom", key).get("name") for e in items(container, "env")}
        names |= {part(e, reference).get("name") for e in items(container, "envFrom")}
    if kind == "secret":
        names |= {s.get("name") for s in items(spec, "imagePullSecrets")}
    return {str(name) for name in names if name}
