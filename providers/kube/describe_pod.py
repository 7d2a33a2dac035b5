"""A pod in words: its state and why in the first lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from providers.kube import podstate, wire
from providers.kube.describe_container import container_lines, headline
from providers.kube.page import Line, Section, Tone, line, section
from providers.kube.raw import Manifest, containers_of, items, moment, name_of, part
from providers.kube.values import Event

_TITLES = {"initContainers": "Init container", "containers": "Container", "ephemeralContainers": "Debug container"}


def pod_sections(pod: Manifest, events: Sequence[Event]) -> tuple[Section, ...]:
    """State, containers, conditions, volumes; `events` are the pod's own, newest first."""
    spec, statuses = part(pod, "spec"), _statuses(pod)
    containers = tuple(
        section(
            f"{_TITLES[group]} {c.get('name', '')}",
            tuple(container_lines(group, c, statuses.get(str(c.get("name")), {}), _of(events, group, c))),
        )
        for group, c in containers_of(spec)
    )
    return (
        section(f"Pod {name_of(pod)}", _state_lines(pod, statuses)),
        *containers,
        section("Conditions", condition_lines(pod, good="True")),
        section("Volumes", [line(str(v.get("name", "")), volume_words(v)) for v in items(spec, "volumes")]),
    )


def condition_lines(manifest: Manifest, *, good: str) -> Iterator[Line]:
    """Every condition; one whose status is not `good` says why."""
    for condition in items(manifest, "status", "conditions"):
        why = ": ".join(filter(None, (condition.get("reason"), condition.get("message"))))
        tone = Tone.PLAIN if condition.get("status") == good else Tone.BAD
        since = moment(condition.get("lastTransitionTime"))
        said = f"{condition.get('status', '')} since "
        yield line(str(condition.get("type", "")), said, since, f", {why}" if why else "", tone=tone)


def volume_words(volume: Manifest) -> str:
    """What stands behind a volume: "secret fusion-secrets", "claim data", "emptyDir"."""
    if secret := part(volume, "secret"):
        return f"secret {secret.get('secretName', '?')}"
    if config := part(volume, "configMap"):
        return f"config map {config.get('name', '?')}"
    if claim := part(volume, "persistentVolumeClaim"):
        return f"claim {claim.get('claimName', '?')}"
    if host := part(volume, "hostPath"):
        return f"path of the node {host.get('path', '?')}"
    if sources := items(volume, "projected", "sources"):
        return "projected: " + ", ".join(_projected(source) for source in sources)
    return next((key for key in volume if key != "name"), "?")


def _projected(source: Manifest) -> str:
    if token := part(source, "serviceAccountToken"):
        return f"service account token ({token.get('expirationSeconds', 3600)} s)"
    for field, kind in (("secret", "secret"), ("configMap", "config map")):
        if reference := part(source, field):
            return f"{kind} {reference.get('name', '?')}"
    return next(iter(source), "?")


def _state_lines(pod: Manifest, statuses: dict[str, Manifest]) -> Iterator[Line]:
    shape = msgspec.convert(pod, wire.Pod)
    status = podstate.status_of(shape)
    ready, wanted = podstate.ready_of(shape)
    tone = Tone.GOOD if podstate.healthy(shape, status) else Tone.BAD
    yield line("status", f"{status}, {ready} of {wanted} containers ready", tone=tone)
    yield from _why_lines(pod, statuses)
    metadata, spec = part(pod, "metadata"), part(pod, "spec")
    yield line("node", str(spec.get("nodeName") or "none yet"))
    if started := moment(part(pod, "status").get("startTime")):
        yield line("started", started)
    if address := part(pod, "status").get("podIP"):
        yield line("address", str(address))
    yield from owner_lines(pod)
    yield line("labels", label_words(metadata))
    yield line("account", str(spec.get("serviceAccountName") or "default"), tone=Tone.QUIET)
    if quality := part(pod, "status").get("qosClass"):
        yield line("quality of service", str(quality), tone=Tone.QUIET)


def _why_lines(pod: Manifest, statuses: dict[str, Manifest]) -> Iterator[Line]:
    metadata, status = part(pod, "metadata"), part(pod, "status")
    if deleted := moment(metadata.get("deletionTimestamp")):
        holders = ", ".join(metadata.get("finalizers") or ())
        yield line("deleting", "to be gone ", deleted, f", held by {holders}" if holders else "", tone=Tone.WARN)
    if reason := status.get("reason"):
        yield line("why", f"{reason}: {status.get('message', '')}", tone=Tone.BAD)
    for condition in items(pod, "status", "conditions"):
        if condition.get("type") == "PodScheduled" and condition.get("status") == "False":
            yield line("why", f"no node takes it: {condition.get('message', '')}", tone=Tone.BAD)
    for group, container in containers_of(part(pod, "spec")):
        state = statuses.get(str(container.get("name")), {})
        parts, tone = headline(container, state, init=group == "initContainers")
        if tone in {Tone.BAD, Tone.WARN}:
            yield line(str(container.get("name", "")), *parts, tone=tone)


def owner_lines(manifest: Manifest) -> Iterator[Line]:
    """Who made it, and takes it away."""
    for owner in items(manifest, "metadata", "ownerReferences"):
        yield line("owner", f"{owner.get('kind', '')} {owner.get('name', '')}")


def label_words(metadata: Manifest) -> str:
    return ", ".join(f"{key}={value}" for key, value in part(metadata, "labels").items()) or "none"


def _statuses(pod: Manifest) -> dict[str, Manifest]:
    groups = ("initContainerStatuses", "containerStatuses", "ephemeralContainerStatuses")
    return {str(s.get("name")): s for group in groups for s in items(pod, "status", group)}


def _of(events: Sequence[Event], group: str, container: Manifest) -> list[Event]:
    path = f"spec.{group}{{{container.get('name', '')}}}"
    return [event for event in events if event.field_path in {path, ""}]
