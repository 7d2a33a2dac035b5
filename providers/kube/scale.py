"""Another number of replicas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Final

from providers.core.action import Change, Option, Risk, Target
from providers.core.errors import BackendError, UsageError
from providers.kube.check_scheduling import Room, free_room
from providers.kube.deployment_action import DeploymentAction, Edit, address
from providers.kube.impact import bystanders, pods_of
from providers.kube.quantities import quantity
from providers.kube.raw import Manifest, items, label_query, part
from providers.kube.rollouts import History
from providers.kube.values import Pod

MOST: Final = 1000
"""More replicas than this are a slip of the finger."""


class Scale(DeploymentAction):
    """Set `spec.replicas`. An autoscaler sets it again; the plan names it."""

    id: ClassVar[str] = "scale"
    title: ClassVar[str] = "Scale to another number of replicas"
    rows: ClassVar[tuple[str, ...]] = ("C05", "E05", "E06")
    options: ClassVar[tuple[Option, ...]] = (Option("replicas", "How many pods there shall be.", required=True),)

    def known(self, target: Target) -> Mapping[str, str]:
        deployment = self.seen(target)
        return {"replicas": str(deployment.desired)} if deployment else {}

    async def edit(self, past: History, options: Mapping[str, str]) -> Edit:
        wanted = _count(options.get("replicas", ""))
        before: int = past.deployment["spec"].get("replicas", 1)
        command = f"kubectl scale {address(past)}"
        return Edit(
            title=f"Scale deployment/{past.name} from {before} to {wanted}",
            operations=({"op": "add", "path": "/spec/replicas", "value": wanted},),
            diff=(Change("replicas", str(before), str(wanted)),),
            interrupts=await self._interrupts(past.deployment, before, wanted),
            inverse=f"{command} --current-replicas={wanted} --replicas={before}",
            equivalent=f"{command} --current-replicas={before} --replicas={wanted}",
            blockers=(f"it has {before} already",) if wanted == before else (),
            risk=Risk.DESTRUCTIVE if wanted == 0 else None,
        )

    async def _interrupts(self, deployment: Manifest, before: int, wanted: int) -> tuple[str, ...]:
        client = self._kube.client
        if wanted > before:
            lines = growth_lines(part(deployment, "spec", "template"), wanted - before, await self._room())
        else:
            query = label_query(part(deployment, "spec", "selector"))
            lines = shrink_lines(await pods_of(client, deployment["metadata"]["namespace"], query), before, wanted)
        return (*lines, *await bystanders(client, deployment, "scaling"))

    async def _room(self) -> list[Room] | str:
        try:
            return await free_room(self._kube)
        except BackendError as error:
            return error.message


def growth_lines(template: Manifest, more: int, room: list[Room] | str) -> list[str]:
    """What the new pods ask for, and how many of them the nodes have room for."""
    asked = [part(container, "resources", "requests") for container in items(template, "spec", "containers")]
    cpu = sum(quantity(requests.get("cpu")) or 0.0 for requests in asked)
    memory = sum(quantity(requests.get("memory")) or 0.0 for requests in asked)
    lines = [f"{more} more pod{'s' * (more != 1)}, each asks for {cpu:g} cpu and {memory / 2**20:.0f} Mi"]
    if isinstance(room, str):
        return [*lines, f"whether the nodes have room is not known: {room}"]
    fits = sum(_fits(each, cpu, memory, more) for each in room)
    return [*lines, "the nodes have room for them" if fits >= more else f"the nodes have room for {fits} of them now"]


def shrink_lines(pods: tuple[Pod, ...], before: int, wanted: int) -> list[str]:
    """What goes, and what is left."""
    ready = sum(p.healthy and not p.deleting for p in pods)
    gone = before - wanted
    lines = [f"takes {gone} of {before} pods away ({ready} ready now); the cluster chooses which, unready ones first"]
    if wanted == 0:
        lines.append("nothing is left: a full outage of what it serves")
    elif wanted == 1:
        lines.append("one pod is left: its next restart is an outage")
    return lines


def _fits(room: Room, cpu: float, memory: float, most: int) -> int:
    each = [int(offered // asked) for offered, asked in ((room.cpu, cpu), (room.memory, memory)) if asked]
    return max(0, min(most, *each)) if each else most


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) > MOST:
        raise UsageError(f"replicas are a number from 0 to {MOST}, not {text!r}", fix="give for example 3")
    return int(text)
