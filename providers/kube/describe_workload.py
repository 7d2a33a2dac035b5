"""Deployments, replica sets, services, config maps and events in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from providers.kube import convert, wire
from providers.kube.describe_container import container_lines
from providers.kube.describe_pod import condition_lines, label_words, owner_lines
from providers.kube.masking import scrubbed
from providers.kube.page import Line, Section, Tone, line, section
from providers.kube.raw import Manifest, containers_of, label_query, last_writer, moment, name_of, part
from providers.kube.values import Event

_TONES = {"complete": Tone.GOOD, "progressing": Tone.WARN, "paused": Tone.WARN, "stuck": Tone.BAD}


def deployment_sections(deployment: Manifest, events: Sequence[Event]) -> tuple[Section, ...]:
    """How far its rollout is and why, then its template."""
    return (
        section(f"Deployment {name_of(deployment)}", _deployment_lines(deployment)),
        *_template_sections(deployment),
        section("Conditions", condition_lines(deployment, good="True")),
    )


def replicaset_sections(replicaset: Manifest, events: Sequence[Event]) -> tuple[Section, ...]:
    """One revision: how many of its pods are there, and its template."""
    value = convert.replicaset(msgspec.convert(replicaset, wire.ReplicaSet))
    tone = Tone.GOOD if value.ready >= value.desired else Tone.BAD
    lines = [line("replicas", f"{value.ready} of {value.desired} ready", tone=tone)]
    lines += [line("revision", f"{value.revision}{f': {value.change_cause}' if value.change_cause else ''}")]
    lines += [*owner_lines(replicaset), *_common(replicaset)]
    return (section(f"ReplicaSet {value.name}", lines)), *_template_sections(replicaset)


def service_sections(service: Manifest, events: Sequence[Event]) -> tuple[Section, ...]:
    """Where it listens and what it chooses; what is behind it is the endpoints' page."""
    value = convert.service(msgspec.convert(service, wire.Service))
    selector = ", ".join(f"{key}={text}" for key, text in value.selector.items())
    lines = (
        line("type", value.type),
        line("address", value.cluster_ip or "none"),
        *(line("port", port) for port in value.ports),
        line("selector", selector or "none: its endpoints are made by hand"),
        *_common(service),
    )
    return (section(f"Service {value.name}", lines),)


def endpoints_sections(endpoints: Manifest, events: Sequence[Event]) -> tuple[Section, ...]:
    """Ready and not ready addresses."""
    value = convert.endpoints(msgspec.convert(endpoints, wire.Endpoints))
    lines = [line("ready", address, tone=Tone.GOOD) for address in value.ready]
    lines += [line("not ready", address, tone=Tone.BAD) for address in value.not_ready]
    nothing = [line("addresses", "none: nothing answers behind this service", tone=Tone.BAD)]
    return (section(f"Endpoints {value.name}", tuple(lines or nothing)),)


def config_map_sections(config: Manifest, events: Sequence[Event]) -> tuple[Section, ...]:
    """When it was changed last and by what, then its content."""
    writer = last_writer(config, "data")
    changed = (line("changed", writer.at, f" by {writer.manager}"),) if writer else ()
    content = tuple(row for key, text in part(config, "data").items() for row in _content(key, str(text)))
    binary = tuple(line(key, f"binary, {len(text)} characters") for key, text in part(config, "binaryData").items())
    return (
        section(f"ConfigMap {name_of(config)}", (*changed, *_common(config))),
        section("Content", (*content, *binary)),
    )


def event_sections(event: Manifest, events: Sequence[Event]) -> tuple[Section, ...]:
    value = convert.event(msgspec.convert(event, wire.Event))
    tone = Tone.BAD if value.type == "Warning" else Tone.PLAIN
    lines = (
        line("what", f"{value.reason}: {value.message}", tone=tone),
        line("about", f"{value.kind} {value.subject} {value.field_path}".rstrip()),
        line("seen", f"×{value.count}, last ", value.last, ", first ", value.first),
        line("by", value.component or "unknown"),
    )
    return (section(f"Event {value.name}", lines),)


def other_sections(manifest: Manifest, events: Sequence[Event]) -> tuple[Section, ...]:
    """What can be said of any object; never its data."""
    title = f"{manifest.get('kind') or 'Object'} {name_of(manifest)}"
    keys = ", ".join(part(manifest, "data"))
    lines = [*owner_lines(manifest), *_common(manifest), *([line("keys", keys)] if keys else [])]
    return (section(title, tuple(lines)), section("Conditions", condition_lines(manifest, good="True")))


def _deployment_lines(manifest: Manifest) -> Iterator[Line]:
    value = convert.deployment(msgspec.convert(manifest, wire.Deployment))
    tone = _TONES[value.rollout.state]
    why = f": {value.rollout.reason}" if value.rollout.reason else ""
    yield line("rollout", f"{value.rollout.state}{why}", tone=tone)
    short = Tone.GOOD if value.ready >= value.desired else Tone.BAD
    yield line("replicas", f"{value.ready} of {value.desired} ready, {value.updated} updated", tone=short)
    cause = part(manifest, "metadata", "annotations").get("kubernetes.io/change-cause", "")
    yield line("revision", f"{value.revision}{f': {cause}' if cause else ''}")
    writer = last_writer(manifest, "spec")
    if writer is not None:
        yield line("changed", writer.at, f" by {writer.manager}")
    yield line("strategy", _strategy(part(manifest, "spec")))
    yield line("selector", label_query(part(manifest, "spec", "selector")))
    yield from _common(manifest)


def _strategy(spec: Manifest) -> str:
    rolling = part(spec, "strategy", "rollingUpdate")
    kind = part(spec, "strategy").get("type", "RollingUpdate")
    numbers = (
        f", at most {rolling.get('maxUnavailable', '25%')} unavailable, {rolling.get('maxSurge', '25%')} extra"
        if kind == "RollingUpdate"
        else ", every pod stops before a new one starts"
    )
    return f"{kind}{numbers}; stuck after {spec.get('progressDeadlineSeconds', 600)} s without progress"


def _template_sections(manifest: Manifest) -> Iterator[Section]:
    for group, container in containers_of(part(manifest, "spec", "template", "spec")):
        title = "Init container" if group == "initContainers" else "Container"
        # The first line is the state of a container; a template has none.
        lines = [row for row in container_lines(group, container, {}, ()) if row.label != "state"]
        yield section(f"{title} {container.get('name', '')}", lines)


def _common(manifest: Manifest) -> Iterator[Line]:
    metadata = part(manifest, "metadata")
    yield line("created", moment(metadata.get("creationTimestamp")))
    yield line("labels", label_words(metadata), tone=Tone.QUIET)


def _content(key: str, text: str) -> Iterator[Line]:
    lines = scrubbed(text).splitlines() or [""]
    yield from (line(key if index == 0 else "", row) for index, row in enumerate(lines[:200]))
    if len(lines) > 200:
        yield line("", f"…[+{len(lines) - 200} lines]", tone=Tone.QUIET)
