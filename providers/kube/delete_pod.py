"""Deletion of one pod; whoever owns it makes another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

import msgspec

from providers.core.action import Action, Change, Option, Plan, Precondition, Risk, Target
from providers.core.errors import BackendError, NotFound, UsageError
from providers.core.text import clean
from providers.kube import convert, wire
from providers.kube.client import KubeClient
from providers.kube.follow import why
from providers.kube.health import Expectations
from providers.kube.identity import who_am_i
from providers.kube.impact import budget_line, pods_of, read_budgets
from providers.kube.pod_deletion import LONGEST_GRACE, PodDeletion
from providers.kube.raw import Manifest, items, part
from providers.kube.values import Budget, Pod, matches

if TYPE_CHECKING:
    from providers.kube.provider import Kube


class DeletePod(Action):
    """Take one pod away, pinned to its uid: one that took its name meanwhile is left alone."""

    id: ClassVar[str] = "delete-pod"
    title: ClassVar[str] = "Delete the pod"
    risk: ClassVar[Risk] = Risk.HIGH
    rows: ClassVar[tuple[str, ...]] = ("C05", "E06")
    kinds: ClassVar[frozenset[str]] = frozenset({"pod"})
    options: ClassVar[tuple[Option, ...]] = (
        Option("grace", "Seconds it gets to end by itself; 0 kills it at once. Without it, what the pod says."),
    )

    def __init__(self, kube: Kube) -> None:
        self._kube = kube

    def hindrance(self, target: Target) -> str:
        known: tuple[Pod, ...] = self._kube.pods.latest.value or ()
        gone = known and not any(p.uid == target.identity for p in known)
        return "it is gone already" if target.identity and gone else ""

    async def plan(self, target: Target, options: Mapping[str, str]) -> Plan:
        """Read the pod, its peers and its budgets; dry-run. Raises UsageError, NotFound, Denied …"""
        client = self._kube.client
        namespace = target.namespace or client.namespace
        raw = await client.object(f"/api/v1/namespaces/{namespace}/pods/{target.name}")
        pod = convert.pod(msgspec.convert(raw, wire.Pod))
        if target.identity and pod.uid != target.identity:
            raise NotFound(f"{target.label} is another pod by now", source=client.source, fix="select it again")
        grace = _grace(options.get("grace", ""))
        peers = await _peers(client, pod)
        budgets, unread = await _budgets(client, pod)
        deletion = PodDeletion(client, pod, grace, await self._owner(pod), self._expected())
        await deletion.rehearse()
        return Plan(
            action=self.id,
            title=f"Delete {target.label}",
            rows=self.rows,
            source=f"{client.source} · {client.host} · {await who_am_i(client)}",
            target=Target("pod", target.name, namespace, pod.uid),
            risk=Risk.DESTRUCTIVE if _grave(pod, peers, budgets) else self.risk,
            calls=deletion.calls,
            diff=(Change(f"pod {pod.name}", f"{pod.status}, {pod.ready} ready, on {pod.node or 'no node'}", None),),
            interrupts=(*pod_lines(pod, peers, raw, grace), *_budget_lines(pod, budgets), *unread),
            preconditions=(Precondition("uid", pod.uid),),
            permissions=(deletion.permission,),
            dry_run=deletion.rehearsal.dry_run,
            inverse="",
            equivalent=_command(pod, grace),
            steps=deletion.steps,
            blockers=deletion.rehearsal.blockers,
        )

    def _expected(self) -> Expectations:
        return Expectations(self._kube.services, self._kube.thresholds.error_lines_per_minute)

    async def _owner(self, pod: Pod) -> str:
        """The deployment behind the pod's replica set; "" when there is none to be judged afterwards."""
        kind, _, name = pod.owner.partition("/")
        if kind != "ReplicaSet":
            return ""
        try:
            owner = await self._kube.client.object(f"/apis/apps/v1/namespaces/{pod.namespace}/replicasets/{name}")
        except BackendError:
            return ""
        owners = items(owner, "metadata", "ownerReferences")
        return next((str(o.get("name")) for o in owners if o.get("kind") == "Deployment"), "")


def pod_lines(pod: Pod, peers: Sequence[Pod], raw: Manifest, grace: int | None) -> list[str]:
    """Who replaces it, who serves meanwhile, and how it ends."""
    lines = ["cannot be taken back: what the pod holds in memory and in its own files is lost"]
    if not pod.owner:
        lines.append("nothing owns it: no other pod will take its place")
    else:
        serving = sum(p.healthy and not p.deleting for p in peers)
        lines.append(f"{pod.owner} makes another; {serving} other ready pod{'s' * (serving != 1)} meanwhile")
        if _last_ready(pod, peers):
            lines.append("it is the last ready replica: an outage until the other is ready")
    lines += [] if pod.healthy else [f"it is not well now: {why(pod)}"]
    own = part(raw, "spec").get("terminationGracePeriodSeconds", 30)
    if grace == 0:
        return [*lines, "killed at once; on a node that does not answer it may still run"]
    return [*lines, f"it has {own if grace is None else grace} s to end by itself"]


def _budget_lines(pod: Pod, budgets: Sequence[Budget]) -> list[str]:
    over = [f"budget {b.name} allows none: this is one too many" for b in budgets if pod.healthy and not b.allowed]
    return [*over, *(budget_line(b, "a deletion") for b in budgets)]


def _grave(pod: Pod, peers: Sequence[Pod], budgets: Sequence[Budget]) -> bool:
    return not pod.owner or _last_ready(pod, peers) or (pod.healthy and any(not b.allowed for b in budgets))


def _last_ready(pod: Pod, peers: Sequence[Pod]) -> bool:
    return pod.healthy and not any(p.healthy and not p.deleting for p in peers)


async def _peers(client: KubeClient, pod: Pod) -> list[Pod]:
    """The other pods that serve the same: those of the same owner, or, in a rollout, with the same labels."""
    labels = {key: value for key, value in pod.labels.items() if key in {"app", "app.kubernetes.io/name"}}
    found = await pods_of(client, pod.namespace, labels)
    return [p for p in found if p.uid != pod.uid and (labels or p.owner == pod.owner)]


async def _budgets(client: KubeClient, pod: Pod) -> tuple[list[Budget], list[str]]:
    try:
        return [b for b in await read_budgets(client, pod.namespace) if matches(b.selector, pod.labels)], []
    except BackendError as error:
        return [], [f"disruption budgets could not be read: {error.message}"]


def _grace(text: str) -> int | None:
    if not text:
        return None
    if not text.isdecimal() or int(text) > LONGEST_GRACE:
        raise UsageError(f"grace is a number of seconds up to {LONGEST_GRACE}, not {clean(text, 40)!r}")
    return int(text)


def _command(pod: Pod, grace: int | None) -> str:
    how = "" if grace is None else " --grace-period=0 --force" if grace == 0 else f" --grace-period={grace}"
    return f"kubectl delete pod {pod.name} -n {pod.namespace}{how}"
