"""One pod's deletion: pinned to its uid, tried without effect, sent once, followed until another serves."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Sequence
from typing import Any, Final

import msgspec

from providers.core.action import Call, DryRun, Permission, Progress, Stage, Steps
from providers.core.check import Finding
from providers.core.errors import Conflict, Denied, Invalid, NotFound
from providers.core.following import followed
from providers.kube import convert, wire
from providers.kube.client import KubeClient
from providers.kube.deployment_change import Rehearsal
from providers.kube.follow import EVERY, why
from providers.kube.health import Expectations, verify, verify_pods
from providers.kube.impact import pods_of
from providers.kube.raw import Manifest
from providers.kube.values import Pod

LONGEST_GRACE: Final = 3600
"""Seconds that may be given to a pod to end by itself."""
_OF_ONE_POD: Final = frozenset(
    {
        "statefulset.kubernetes.io/pod-name",
        "apps.kubernetes.io/pod-index",
        "batch.kubernetes.io/job-completion-index",
    }
)
"""Labels that tell a pod from its owner's others."""
OVERDUE: Final = 30.0
"""Seconds after its grace from which a pod that is still there hangs."""
UNREPLACED: Final = 15.0
"""Seconds after which nobody makes another one any more."""
LONGEST: Final = 300.0
"""Seconds another pod may take to be ready."""


class PodDeletion:
    """`grace` are seconds (None: the pod's own); `deployment` is judged afterwards, "" for the pod's peers alone."""

    def __init__(
        self, client: KubeClient, pod: Pod, grace: int | None, deployment: str, expected: Expectations
    ) -> None:
        self._client = client
        self._pod = pod
        self._grace = grace
        self._deployment = deployment
        self._expected = expected
        self._path = f"/api/v1/namespaces/{pod.namespace}/pods/{pod.name}"
        self._before: frozenset[str] = frozenset()
        self._started = self._gone_at = 0.0
        pinned: dict[str, Any] = {"kind": "DeleteOptions", "apiVersion": "v1", "preconditions": {"uid": pod.uid}}
        self._options = pinned | ({} if grace is None else {"gracePeriodSeconds": grace})
        self.permission = Permission("delete", "pods", pod.namespace, pod.name)
        self.rehearsal = Rehearsal(DryRun("not offered", "not asked yet"))

    @property
    def calls(self) -> tuple[Call, ...]:
        return (Call(self._client.source, "DELETE", self._path, msgspec.json.encode(self._options).decode()),)

    @property
    def steps(self) -> Steps:
        return Steps(self._permit, self._apply, self._settled, self._follow, self._verify)

    async def rehearse(self) -> None:
        """Ask whether we may, then let the server try it without effect. Raises Conflict, Unreachable …"""
        self._before = frozenset(p.uid for p in await self._peers())
        if missing := await self._permit():
            dry_run = DryRun("not offered", "not asked: the right to do it is missing")
            self.rehearsal = Rehearsal(dry_run, (f"not allowed: {missing} is missing",))
            return
        try:
            # In the body: beside one, a server overlooks a dryRun of the query, and deletes.
            await self._delete(self._options | {"dryRun": ["All"]})
        except (Denied, Invalid) as error:
            self.rehearsal = Rehearsal(DryRun("failed", error.message), (f"the server refuses it: {error.message}",))
        else:
            self.rehearsal = Rehearsal(DryRun("passed", "the server accepts the deletion"))

    async def _permit(self) -> str:
        return "" if await self._client.allowed(self.permission) else str(self.permission)

    async def _apply(self) -> str:
        await self._delete(self._options)
        return "the server accepted the deletion"

    async def _delete(self, options: dict[str, Any]) -> None:
        try:
            await self._client.send("DELETE", self._path, msgspec.json.encode(options))
        except NotFound as error:
            raise Conflict(f"{self._pod.name} is gone already", source=error.source) from None

    async def _settled(self) -> bool:
        now = await self._now()
        return now is None or "deletionTimestamp" in now["metadata"]

    async def _now(self) -> Manifest | None:
        """The pod, as long as it is the same one."""
        try:
            found = await self._client.object(self._path)
        except NotFound:
            return None
        return found if found["metadata"]["uid"] == self._pod.uid else None

    def _follow(self) -> AsyncGenerator[Progress, None]:
        return followed(self._look, every=EVERY, longest=LONGEST_GRACE + OVERDUE + LONGEST)

    async def _look(self) -> Progress:
        """Still there, or since it is gone what its owner made in its place."""
        at = time.monotonic()
        self._started = self._started or at
        now = await self._now()
        if now is not None:
            return leaving(now, at - self._started)
        self._gone_at = self._gone_at or at
        if not self._pod.owner:
            return Progress(Stage.DONE, "it is gone; nothing takes its place", 1.0)
        new = [p for p in await self._peers() if p.uid not in self._before and not p.deleting]
        return replaced(self._pod, new, at - self._gone_at)

    async def _peers(self) -> list[Pod]:
        """The pods of the same owner, this one among them, asked by label: a namespace may hold thousands."""
        labels = {key: value for key, value in self._pod.labels.items() if key not in _OF_ONE_POD}
        found = await pods_of(self._client, self._pod.namespace, labels)
        return [p for p in found if p.owner == self._pod.owner]

    async def _verify(self) -> Sequence[Finding]:
        if self._deployment:
            return await verify(self._client, self._pod.namespace, self._deployment, self._expected)
        return await verify_pods(self._client, f"pod/{self._pod.name}", self._peers)


def leaving(now: Manifest, waited: float) -> Progress:
    """A pod that is still there."""
    pod, metadata = convert.pod(msgspec.convert(now, wire.Pod)), now["metadata"]
    grace = metadata.get("deletionGracePeriodSeconds") or 0
    if waited < grace + OVERDUE:
        return Progress(Stage.RUNNING, f"{pod.status}, it has {grace} s to end", 0.0)
    held = ", ".join(str(name) for name in metadata.get("finalizers") or ())
    reason = f"held by its finalizers {held}" if held else f"its node {pod.node or '(none)'} has not confirmed the end"
    return Progress(Stage.STUCK, f"still there {waited - grace:.0f} s after its grace: {reason}", 0.0)


def replaced(pod: Pod, new: Sequence[Pod], waited: float) -> Progress:
    """The pod is gone: what its owner made in its place. `waited` counts from then."""
    ready = next((p for p in new if p.healthy), None)
    if ready is not None:
        return Progress(Stage.DONE, f"it is gone, {ready.name} is ready in its place", 1.0)
    if not new and waited > UNREPLACED:
        return Progress(Stage.DONE, f"it is gone; {pod.owner} made no other: it wants no more pods", 1.0)
    what = f"{new[0].name}: {why(new[0])}" if new else f"{pod.owner} has made no other yet"
    if waited > LONGEST:
        return Progress(Stage.STUCK, f"not replaced after {LONGEST:g} s; {what}", 0.5)
    return Progress(Stage.RUNNING, f"it is gone; {what}", 0.5)
