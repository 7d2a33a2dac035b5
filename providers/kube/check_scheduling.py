"""Why does a pod wait for a node? In one sentence, with the numbers: N06."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

import msgspec

from providers.core.check import Check, Finding, Verdict, finding
from providers.core.errors import BackendError
from providers.kube import convert, wire
from providers.kube.client import KubeClient
from providers.kube.describe_node import requested
from providers.kube.follow import why
from providers.kube.values import Node, Pod

if TYPE_CHECKING:
    from providers.kube.provider import Kube

_OVER: Final = frozenset({"Completed", "Succeeded", "Failed", "Error", "Evicted"})


class Room(msgspec.Struct, frozen=True):
    """What a node still has to give: cores and bytes nobody requested."""

    node: str
    cpu: float
    memory: float


class _Pods(msgspec.Struct):
    items: list[wire.Pod] = []


def checks(kube: Kube) -> Sequence[Check]:
    """Bound to the feeds of one cluster."""

    async def pending() -> list[Finding]:
        waiting = [pod for pod in await kube.pods.first() if pod.status == "Pending" and not pod.node]
        if not waiting:
            return [finding("N06", "pods", Verdict.PASS, "no pod waits for a node", kube.source, "no pod is Pending")]
        room = await _room(kube)
        return [judge_pending(pod, room, kube.source) for pod in waiting]

    return (Check("N06", "Why does a pod wait for a node?", kube.source, pending),)


def judge_pending(pod: Pod, room: Sequence[Room] | str, source: str) -> Finding:
    """What it needs, what the best node has left (or why that is not known), and the scheduler's own count."""
    cpu, memory = requested([pod])
    needs = f"needs {cpu:g} cpu and {memory / 2**20:.0f} Mi"
    return finding("N06", f"pod/{pod.name}", Verdict.FAIL, f"{needs}; {_offer(room, cpu, memory)}", source, why(pod))


def rooms(nodes: Sequence[Node], pods: Sequence[Pod]) -> list[Room]:
    """What every node that takes pods has left. Pods that ended hold nothing."""
    placed: Mapping[str, list[Pod]] = {node.name: [] for node in nodes}
    for pod in pods:
        if pod.node in placed and pod.status not in _OVER:
            placed[pod.node].append(pod)
    left = []
    for node in nodes:
        if node.status == "Ready":
            cpu, memory = requested(placed[node.name])
            left.append(Room(node.name, (node.cpu or 0.0) - cpu, (node.memory or 0.0) - memory))
    return left


def _offer(room: Sequence[Room] | str, cpu: float, memory: float) -> str:
    if isinstance(room, str):
        return f"what the nodes have left is not known ({room})"
    # Best is who is nearest to giving everything that is asked for.
    best = max(room, key=lambda r: min(_share(r.cpu, cpu), _share(r.memory, memory)), default=None)
    if best is None:
        return "no node is Ready and takes pods"
    return f"the best of {len(room)} nodes, {best.node}, has {best.cpu:.2f} cpu and {best.memory / 2**20:.0f} Mi left"


def _share(offered: float, asked: float) -> float:
    return offered / asked if asked else float("inf")


async def free_room(kube: Kube) -> list[Room]:
    """What the nodes have left now. Raises Denied where nodes or the pods of all namespaces may not be listed …"""
    return rooms(await kube.nodes.first(), await _every_pod(kube.client))


async def _room(kube: Kube) -> list[Room] | str:
    try:
        return await free_room(kube)
    except BackendError as error:
        return error.message


async def _every_pod(client: KubeClient) -> list[Pod]:
    body = await client.get("/api/v1/pods", {"fieldSelector": "status.phase!=Succeeded,status.phase!=Failed"})
    return [convert.pod(raw) for raw in msgspec.json.decode(body, type=_Pods).items]
