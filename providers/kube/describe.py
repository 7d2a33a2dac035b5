"""One object for a person at 3 am: what is wrong first, then what it is made of, then what happened to it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

import msgspec

from providers.core.errors import BackendError, UsageError
from providers.core.text import clean
from providers.kube import convert, wire
from providers.kube.answers import garbled
from providers.kube.client import KubeClient
from providers.kube.describe_node import node_sections
from providers.kube.describe_pod import pod_sections
from providers.kube.describe_workload import (
    config_map_sections,
    deployment_sections,
    endpoints_sections,
    event_sections,
    other_sections,
    replicaset_sections,
    service_sections,
)
from providers.kube.page import Line, Section, Tone, line, plain, section
from providers.kube.raw import Manifest, part
from providers.kube.values import Event, Pod

PATHS: Final[Mapping[str, str]] = {
    "pod": "/api/v1/namespaces/{namespace}/pods/{name}",
    "deployment": "/apis/apps/v1/namespaces/{namespace}/deployments/{name}",
    "replicaset": "/apis/apps/v1/namespaces/{namespace}/replicasets/{name}",
    "service": "/api/v1/namespaces/{namespace}/services/{name}",
    "endpoints": "/api/v1/namespaces/{namespace}/endpoints/{name}",
    "configmap": "/api/v1/namespaces/{namespace}/configmaps/{name}",
    "secret": "/api/v1/namespaces/{namespace}/secrets/{name}",
    "event": "/api/v1/namespaces/{namespace}/events/{name}",
    "node": "/api/v1/nodes/{name}",
}
MOST_EVENTS: Final = 100
_PAGES: Final[Mapping[str, Callable[[Manifest, Sequence[Event]], tuple[Section, ...]]]] = {
    "pod": pod_sections,
    "deployment": deployment_sections,
    "replicaset": replicaset_sections,
    "service": service_sections,
    "endpoints": endpoints_sections,
    "configmap": config_map_sections,
    "event": event_sections,
}
_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)


class _Events(msgspec.Struct):
    items: list[wire.Event] = []


class _Pods(msgspec.Struct):
    items: list[wire.Pod] = []


def path_of(kind: str, namespace: str, name: str) -> str:
    """The address of an object. Raises UsageError for a kind that is not known."""
    if kind not in PATHS:
        raise UsageError(f"cannot describe a {kind}", fix=f"there are: {', '.join(PATHS)}")
    return PATHS[kind].format(namespace=namespace, name=name)


async def describe(client: KubeClient, kind: str, namespace: str, name: str) -> tuple[str, ...]:
    """The page as clean lines, times relative to now. Raises NotFound, Denied …"""
    return plain(await page(client, kind, namespace, name), datetime.now(UTC))


async def page(client: KubeClient, kind: str, namespace: str, name: str) -> tuple[Section, ...]:
    """What an object is and why, its events newest first at the end; a view gives it colours and ages."""
    manifest, events = await asyncio.gather(
        client.object(path_of(kind, namespace, name)), _events_about(client, kind, namespace, name)
    )
    own = _own(events, manifest) if isinstance(events, list) else []
    on_it = await _pods_on(client, name) if kind == "node" else None
    try:
        sections = (
            node_sections(manifest, own, on_it) if kind == "node" else _PAGES.get(kind, other_sections)(manifest, own)
        )
    except msgspec.ValidationError:
        raise garbled(f"{kind}/{clean(name)}", client.source) from None
    filled = tuple(section for section in sections if section.lines)
    return filled if kind == "event" else (*filled, section("Events, newest first", _event_lines(events, own)))


async def _events_about(client: KubeClient, kind: str, namespace: str, name: str) -> list[Event] | BackendError:
    path = "/api/v1/events" if kind == "node" else f"/api/v1/namespaces/{namespace}/events"
    try:
        body = await client.get(path, {"fieldSelector": f"involvedObject.name={name}"})
    except BackendError as error:
        return error
    events = [convert.event(raw) for raw in msgspec.json.decode(body, type=_Events).items]
    return sorted(events, key=lambda e: e.last or _LONG_AGO, reverse=True)


def _own(events: Sequence[Event], manifest: Manifest) -> list[Event]:
    # Some components know a node by its name only, and put that where the uid belongs.
    uids = {part(manifest, "metadata").get("uid"), part(manifest, "metadata").get("name"), ""}
    kind = manifest.get("kind")
    return [event for event in events if event.subject_uid in uids and event.kind == kind]


def _event_lines(events: list[Event] | BackendError, own: Sequence[Event]) -> tuple[Line, ...]:
    if isinstance(events, BackendError):
        return (line("", f"could not be read: {events.message}", tone=Tone.WARN),)
    if not own:
        return (line("", "none", tone=Tone.QUIET),)
    return tuple(_event_line(event) for event in own[:MOST_EVENTS])


def _event_line(event: Event) -> Line:
    times = f" ×{event.count}" if event.count > 1 else ""
    tone = Tone.WARN if event.type == "Warning" else Tone.PLAIN
    since = (", first ", event.first) if event.count > 1 else ()
    return line(f"{event.reason}{times}", event.last, *since, f"  {event.message}", tone=tone)


async def _pods_on(client: KubeClient, node: str) -> tuple[Pod, ...] | None:
    try:
        body = await client.get("/api/v1/pods", {"fieldSelector": f"spec.nodeName={node}"})
    except BackendError:
        return None
    return tuple(convert.pod(raw) for raw in msgspec.json.decode(body, type=_Pods).items)
