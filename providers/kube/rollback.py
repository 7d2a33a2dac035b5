"""Rollback of a deployment to an earlier revision (E04): the model of every action."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from providers.core.action import Option, Target
from providers.core.errors import UsageError
from providers.kube.change_cause import CAUSE_PATH
from providers.kube.deployment_action import DeploymentAction, Edit, address, paused, way_back
from providers.kube.deployment_change import Operation
from providers.kube.impact import interrupts
from providers.kube.rollouts import CHANGE_CAUSE, History, Revision


class Rollback(DeploymentAction):
    """Put an earlier revision's pod template back. Works mid-rollout, and when the newest never came up."""

    id: ClassVar[str] = "rollback"
    title: ClassVar[str] = "Roll back to an earlier revision"
    rows: ClassVar[tuple[str, ...]] = ("E04", "E05", "E06")
    options: ClassVar[tuple[Option, ...]] = (
        Option("to_revision", "Revision to go back to; without it, the newest older one, if possible one that runs."),
    )

    def hindrance(self, target: Target) -> str:
        """Known without asking: how many revisions the feed has seen."""
        known = self._kube.replicasets.latest.value
        if known is not None and sum(s.owner == target.identity for s in known) == 1:
            return "there is only one revision"
        return super().hindrance(target)

    async def edit(self, past: History, options: Mapping[str, str]) -> Edit:
        wanted = _chosen(past, options.get("to_revision", ""))
        return Edit(
            title=f"Roll back deployment/{past.name} to revision {wanted.number}{_cause(wanted)}",
            operations=tuple(_operations(past, wanted)),
            template=wanted.template,
            interrupts=(_standing(wanted), *await interrupts(self._kube.client, past.deployment)),
            inverse=way_back(past),
            equivalent=f"kubectl rollout undo {address(past)} --to-revision={wanted.number}",
            blockers=_blockers(past, wanted),
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
        operations.append({"op": "add", "path": CAUSE_PATH, "value": cause})
    elif CHANGE_CAUSE in present:
        operations.append({"op": "remove", "path": CAUSE_PATH})
    return operations


def _blockers(past: History, wanted: Revision) -> tuple[str, ...]:
    found = [*paused(past)]
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
