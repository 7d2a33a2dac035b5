"""A node in words: ready or since when not, under what pressure, what it has left."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from providers.kube import convert, wire
from providers.kube.page import Line, Section, Tone, line, section
from providers.kube.raw import Manifest, items, moment, name_of, part
from providers.kube.values import Event, Pod


def node_sections(node: Manifest, events: Sequence[Event], pods: Sequence[Pod] | None = None) -> tuple[Section, ...]:
    """`pods` are those on it; None when they could not be read."""
    value = convert.node(msgspec.convert(node, wire.Node))
    system = part(node, "status", "nodeInfo")
    lines = [
        line("status", value.status, tone=Tone.GOOD if value.status == "Ready" else Tone.BAD),
        line("heartbeat", value.heartbeat),
        *(line("taint", taint, tone=Tone.WARN) for taint in value.taints),
        *(line(a.get("type", ""), str(a.get("address", ""))) for a in items(node, "status", "addresses")),
        line("kubelet", ", ".join(filter(None, (value.kubelet, *_machine(system)))) or "never answered"),
        line("created", value.created),
    ]
    return (
        section(f"Node {name_of(node)}", lines),
        section("Conditions", _condition_lines(node)),
        section("Room", _room_lines(node, pods)),
    )


def _machine(system: Manifest) -> Iterator[str]:
    return (str(system.get(name, "")) for name in ("osImage", "kernelVersion", "containerRuntimeVersion"))


def _condition_lines(node: Manifest) -> Iterator[Line]:
    for condition in items(node, "status", "conditions"):
        # Ready must be True; every pressure must be False.
        good = condition.get("status") == ("True" if condition.get("type") == "Ready" else "False")
        since = moment(condition.get("lastTransitionTime"))
        why = f", {condition.get('reason', '')}: {condition.get('message', '')}"
        said = f"{condition.get('status', '')} since "
        yield line(str(condition.get("type", "")), said, since, why, tone=Tone.PLAIN if good else Tone.BAD)


def _room_lines(node: Manifest, pods: Sequence[Pod] | None) -> Iterator[Line]:
    offers = part(node, "status", "allocatable")
    value = convert.node(msgspec.convert(node, wire.Node))
    if pods is None:
        yield line("requested", "not known: its pods could not be read", tone=Tone.WARN)
        yield from (line(name, f"{amount} allocatable") for name, amount in offers.items())
        return
    cpu, memory = requested(pods)
    yield line("pods", f"{len(pods)} of {offers.get('pods', '?')}")
    if value.cpu:
        yield line("cpu", f"{cpu:.2f} of {value.cpu:g} cores requested", tone=_full(cpu / value.cpu))
    if value.memory:
        said = f"{memory / 2**20:.0f} of {value.memory / 2**20:.0f} Mi requested"
        yield line("memory", said, tone=_full(memory / value.memory))


def requested(pods: Sequence[Pod]) -> tuple[float, float]:
    """(cores, bytes) that pods which have not ended ask for; init containers run one by one, before the others."""
    cpu = memory = 0.0
    for pod in pods:
        if pod.status not in {"Completed", "Succeeded", "Failed", "Error"}:
            cpu += sum(c.cpu_request or 0.0 for c in pod.containers if not c.init)
            memory += sum(c.memory_request or 0.0 for c in pod.containers if not c.init)
    return cpu, memory


def _full(part_used: float) -> Tone:
    return Tone.WARN if part_used >= 0.9 else Tone.PLAIN
