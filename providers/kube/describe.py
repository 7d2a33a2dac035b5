"""One object for a person at 3 am: what is wrong first, then what it is made of, then what happened to it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from providers.core.errors import BackendError, UsageError
from providers.core.text import clean
from providers.kube import convert, wire
from providers.kube.client import KubeClient
from providers.kube.follow import why
from providers.kube.values import Event

PATHS = {
    "pod": "/api/v1/namespaces/{namespace}/pods/{name}",
    "deployment": "/apis/apps/v1/namespaces/{namespace}/deployments/{name}",
    "replicaset": "/apis/apps/v1/namespaces/{namespace}/replicasets/{name}",
    "service": "/api/v1/namespaces/{namespace}/services/{name}",
    "endpoints": "/api/v1/namespaces/{namespace}/endpoints/{name}",
    "configmap": "/api/v1/namespaces/{namespace}/configmaps/{name}",
    "secret": "/api/v1/namespaces/{namespace}/secrets/{name}",
    "node": "/api/v1/nodes/{name}",
}


class _Events(msgspec.Struct):
    items: list[wire.Event] = []


def path_of(kind: str, namespace: str, name: str) -> str:
    """The address of an object. Raises UsageError for a kind that is not known."""
    if kind not in PATHS:
        raise UsageError(f"cannot describe a {kind}", fix=f"there are: {', '.join(PATHS)}")
    return PATHS[kind].format(namespace=namespace, name=name)


async def describe(client: KubeClient, kind: str, namespace: str, name: str) -> tuple[str, ...]:
    """Clean lines; events newest first at the end. Raises NotFound, Denied …"""
    manifest = await client.object(path_of(kind, namespace, name))
    lines = list(_head(kind, manifest))
    if kind == "pod":
        lines += _pod(manifest)
    elif kind in {"deployment", "replicaset"}:
        lines += _controller(kind, manifest)
    elif kind == "service":
        lines += _service(manifest)
    lines += _conditions(manifest)
    return (*lines, *(await _events(client, namespace, manifest["metadata"].get("uid", ""))))


def _head(kind: str, manifest: dict[str, Any]) -> Iterable[str]:
    metadata = manifest["metadata"]
    labels = ", ".join(f"{key}={value}" for key, value in (metadata.get("labels") or {}).items())
    yield f"{kind}/{clean(metadata['name'])}  {clean(metadata.get('namespace', ''))}".rstrip()
    yield f"created  {clean(metadata.get('creationTimestamp', '?'))}   uid {clean(metadata.get('uid', '?'))}"
    yield f"labels   {clean(labels) or '-'}"


def _pod(manifest: dict[str, Any]) -> list[str]:
    pod = convert.pod(msgspec.convert(manifest, wire.Pod))
    lines = [
        f"status   {pod.status}, {pod.ready} ready, {pod.restarts} restarts",
        *([] if pod.healthy else [f"WHY      {why(pod)}"]),
        f"node     {pod.node or '(none yet)'}   ip {pod.ip or '-'}   owner {pod.owner or '-'}",
    ]
    specs = {c["name"]: c for c in (*manifest["spec"].get("initContainers", ()), *manifest["spec"]["containers"])}
    for container in pod.containers:
        lines += _container(container, specs.get(container.name, {}))
    volumes = [_volume(volume) for volume in manifest["spec"].get("volumes") or ()]
    return [*lines, "", "volumes", *(f"  {clean(volume)}" for volume in volumes)]


def _container(container: Any, spec: dict[str, Any]) -> list[str]:
    state = f"{container.state or 'unknown'} {container.reason}".strip()
    last = ""
    if container.last_finished:
        last = f"exit {container.last_exit_code} {container.last_reason} at {container.last_finished:%H:%M:%SZ}"
    resources = spec.get("resources") or {}
    bounds = "; ".join(
        f"{bound} " + " ".join(f"{key} {value}" for key, value in amounts.items())
        for bound, amounts in resources.items()
    )
    return [
        "",
        f"{'init ' if container.init else ''}container {container.name}   {container.image}",
        f"  state      {state}{': ' + container.message if container.message else ''}",
        *([f"  last       {last} {container.last_message}".rstrip()] if last else []),
        f"  restarts   {container.restarts}",
        f"  resources  {clean(bounds) or 'no requests, no limits'}",
        *(f"  {kind:<10} {clean(probe_words(spec[kind + 'Probe']))}" for kind in _PROBES if spec.get(kind + "Probe")),
        f"  env        {clean(', '.join(_env(spec))) or '-'}",
        f"  mounts     {clean(', '.join(m.get('mountPath', '') for m in spec.get('volumeMounts') or ())) or '-'}",
    ]


_PROBES = ("startup", "readiness", "liveness")


def probe_words(probe: dict[str, Any]) -> str:
    """A probe as a sentence: GET /ready :3000 every 5 s, 3 failures → not ready."""
    if "httpGet" in probe:
        asked = f"GET {probe['httpGet'].get('path', '/')} :{probe['httpGet'].get('port', '?')}"
    elif "tcpSocket" in probe:
        asked = f"TCP :{probe['tcpSocket'].get('port', '?')}"
    elif "exec" in probe:
        asked = "exec " + " ".join(map(str, probe["exec"].get("command") or ()))
    else:
        asked = "gRPC"
    every, limit, fails = (
        probe.get("periodSeconds", 10),
        probe.get("timeoutSeconds", 1),
        probe.get("failureThreshold", 3),
    )
    return f"{asked} every {every} s, {limit} s to answer, {fails} failures count"


def _env(spec: dict[str, Any]) -> list[str]:
    """Names and where they come from, never values."""
    names = [
        f"{e['name']} ({next(iter(e['valueFrom']))})" if e.get("valueFrom") else e["name"]
        for e in spec.get("env") or ()
    ]
    return names + [f"all of {next(iter(e.values())).get('name', '?')}" for e in spec.get("envFrom") or () if e]


def _volume(volume: dict[str, Any]) -> str:
    kind = next((key for key in volume if key != "name"), "?")
    source = volume.get(kind) or {}
    return f"{volume.get('name', '?')}: {kind} {source.get('name') or source.get('secretName') or ''}".rstrip()


def _controller(kind: str, manifest: dict[str, Any]) -> list[str]:
    raw = msgspec.convert(manifest, wire.Deployment)
    deployment = convert.deployment(raw)
    lines = [f"replicas {deployment.desired} wanted, {deployment.ready} ready, {deployment.updated} updated"]
    if kind == "deployment":
        lines.append(f"rollout  revision {deployment.revision}: {deployment.rollout.state} {deployment.rollout.reason}")
        lines.append(f"strategy {deployment.strategy}{', PAUSED' if deployment.paused else ''}")
    lines.append(f"selector {clean(', '.join(f'{k}={v}' for k, v in deployment.selector.items()))}")
    for spec in manifest["spec"]["template"]["spec"]["containers"]:
        lines += ["", f"container {clean(spec['name'])}   {clean(spec.get('image', ''))}"]
        lines += [
            f"  {kind:<10} {clean(probe_words(spec[kind + 'Probe']))}" for kind in _PROBES if spec.get(kind + "Probe")
        ]
        lines.append(f"  env        {clean(', '.join(_env(spec))) or '-'}")
    return lines


def _service(manifest: dict[str, Any]) -> list[str]:
    service = convert.service(msgspec.convert(manifest, wire.Service))
    selector = ", ".join(f"{key}={value}" for key, value in service.selector.items())
    return [
        f"type     {service.type}   cluster ip {service.cluster_ip}",
        f"ports    {', '.join(service.ports)}",
        f"selector {clean(selector) or '(none: endpoints are made by hand)'}",
    ]


def _conditions(manifest: dict[str, Any]) -> list[str]:
    conditions = (manifest.get("status") or {}).get("conditions") or []
    if not conditions:
        return []
    lines = [f"  {c.get('type')}={c.get('status')}  {c.get('reason', '')} {c.get('message', '')}" for c in conditions]
    return ["", "conditions", *(clean(line.rstrip()) for line in lines)]


async def _events(client: KubeClient, namespace: str, uid: str) -> Sequence[str]:
    params = {"fieldSelector": f"involvedObject.uid={uid}"}
    try:
        body = await client.get(f"/api/v1/namespaces/{namespace or 'default'}/events", params)
    except BackendError as error:
        return ["", f"events could not be read: {error.message}"]
    events = [convert.event(raw) for raw in msgspec.json.decode(body, type=_Events).items]
    newest = sorted(events, key=lambda e: e.last or datetime.min.replace(tzinfo=UTC), reverse=True)
    return ["", "events, newest first", *(_event(event) for event in newest)] if newest else ["", "no events"]


def _event(event: Event) -> str:
    at = f"{event.last:%H:%M:%SZ}" if event.last else "?"
    times = f" ×{event.count}" if event.count > 1 else ""
    return f"  {at}  {event.type:<7}  {event.reason}{times}  {event.message}"
