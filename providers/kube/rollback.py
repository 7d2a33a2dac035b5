"""Rollback of a deployment to an earlier revision (E04): the model of every action."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from providers.core.action import Option, Plan, Risk, Target
from providers.core.errors import NotFound, UsageError
from providers.kube.deployment_change import DeploymentChange, Operation, prepare
from providers.kube.health import Expectations
from providers.kube.identity import who_am_i
from providers.kube.impact import interrupts
from providers.kube.rollouts import CHANGE_CAUSE, History, Revision, history

if TYPE_CHECKING:
    from providers.kube.provider import Kube

_CAUSE_PATH = "/metadata/annotations/" + CHANGE_CAUSE.replace("/", "~1")


class Rollback:
    """Put an earlier revision's pod template back. Works mid-rollout, and when the newest never came up."""

    id: ClassVar[str] = "rollback"
    title: ClassVar[str] = "Roll back to an earlier revision"
    risk: ClassVar[Risk] = Risk.HIGH
    rows: ClassVar[tuple[str, ...]] = ("E04", "E05", "E06")
    kinds: ClassVar[frozenset[str]] = frozenset({"deployment"})
    options: ClassVar[tuple[Option, ...]] = (
        Option("to_revision", "Revision to go back to; without it, the newest older one, if possible one that runs."),
    )

    def __init__(self, kube: Kube) -> None:
        self._kube = kube

    def hindrance(self, target: Target) -> str:
        """Known without asking: how many revisions the feed has seen."""
        if target.kind not in self.kinds:
            return "only deployments have revisions"
        known = self._kube.replicasets.latest.value
        if known is not None and sum(s.owner == target.identity for s in known) == 1:
            return "there is only one revision"
        return ""

    async def plan(self, target: Target, options: Mapping[str, str]) -> Plan:
        """Read, choose, dry-run. Raises UsageError for a revision that is no number, NotFound, Denied …"""
        client = self._kube.client
        past = await history(client, target.namespace or client.namespace, target.name)
        metadata = past.deployment["metadata"]
        if target.identity and metadata["uid"] != target.identity:
            raise NotFound(
                f"{target.label} was deleted and made anew since it was selected",
                source=client.source,
                fix="select it again",
            )
        wanted = _chosen(past, options.get("to_revision", ""))
        expected = Expectations(self._kube.services, self._kube.thresholds.error_lines_per_minute)
        change = await prepare(client, past.deployment, _operations(past, wanted), expected)
        return Plan(
            action=self.id,
            title=f"Roll back {target.label} to revision {wanted.number}{_cause(wanted)}",
            rows=self.rows,
            source=f"{client.source} · {client.host} · {await who_am_i(client)}",
            target=Target("deployment", change.name, change.namespace, change.uid),
            risk=self.risk,
            calls=change.calls,
            diff=wanted.changes,
            interrupts=(_standing(wanted), *await interrupts(client, past.deployment)),
            preconditions=change.preconditions,
            permissions=(change.permission,),
            dry_run=change.rehearsal.dry_run,
            inverse=_command(change, past.current.number) if past.current else "",
            equivalent=_command(change, wanted.number),
            steps=change.steps,
            blockers=(*_blockers(past, wanted), *change.rehearsal.blockers),
        )


def _chosen(past: History, text: str) -> Revision:
    have = ", ".join(str(r.number) for r in past.revisions) or "none"
    if not text:
        if past.previous is None:
            raise UsageError("there is no earlier revision that differs", fix=f"kept revisions: {have}")
        return past.previous
    if not text.isdecimal():
        raise UsageError(f"a revision is a number, not {text!r}", fix=f"kept revisions: {have}")
    found = past.revision(int(text))
    if found is None:
        raise UsageError(f"there is no revision {text}", fix=f"kept revisions: {have}")
    return found


def _operations(past: History, wanted: Revision) -> list[Operation]:
    """The template, and the change cause that belongs to it.

    kubectl rollout undo puts back every annotation the old replica set remembers, and so drops newer ones of others;
    the cause is the only one that speaks of the template.
    """
    operations: list[Operation] = [{"op": "replace", "path": "/spec/template", "value": wanted.template}]
    present: dict[str, Any] = past.deployment["metadata"].get("annotations") or {}
    cause = wanted.annotations.get(CHANGE_CAUSE)
    if cause is not None and present:
        operations.append({"op": "add", "path": _CAUSE_PATH, "value": cause})
    elif CHANGE_CAUSE in present:
        operations.append({"op": "remove", "path": _CAUSE_PATH})
    return operations


def _blockers(past: History, wanted: Revision) -> tuple[str, ...]:
    found = []
    if past.deployment["spec"].get("paused"):
        name, namespace = past.deployment["metadata"]["name"], past.deployment["metadata"]["namespace"]
        found.append(f"it is paused, so nothing would roll: kubectl rollout resume deployment/{name} -n {namespace}")
    if wanted.current or not wanted.changes:
        found.append(f"revision {wanted.number} is what runs now")
    return tuple(found)


def _standing(wanted: Revision) -> str:
    """Whether the revision is known to work: a cluster keeps no record of it, only pods that run now tell."""
    if wanted.ready:
        return f"revision {wanted.number} is proved: {wanted.ready} of its pods are ready now"
    return f"whether revision {wanted.number} ever became available cannot be told: none of its pods is left"


def _cause(revision: Revision) -> str:
    return f" ({revision.cause})" if revision.cause else ""


def _command(change: DeploymentChange, revision: int) -> str:
    return f"kubectl rollout undo deployment/{change.name} -n {change.namespace} --to-revision={revision}"
