"""What every action on a deployment has in common: read it, edit it, rehearse the edit, and say all that is known."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

import msgspec

from providers.core.action import Action, Change, Option, Plan, Risk, Target
from providers.core.errors import NotFound
from providers.kube.deployment_change import DeploymentChange, Operation, prepare
from providers.kube.health import Expectations
from providers.kube.identity import who_am_i
from providers.kube.raw import Manifest
from providers.kube.rollouts import History, history
from providers.kube.templates import diff
from providers.kube.values import Deployment

if TYPE_CHECKING:
    from providers.kube.provider import Kube


class Edit(msgspec.Struct, frozen=True):
    """What an action makes of a deployment, as far as it can say so itself; the words are those of `Plan`.

    `template` is the pod template afterwards; None leaves it as it is. `diff` is what changes beside it.
    """

    title: str
    operations: tuple[Operation, ...]
    equivalent: str
    inverse: str
    template: Manifest | None = None
    diff: tuple[Change, ...] = ()
    interrupts: tuple[str, ...] = ()
    blockers: tuple[str, ...] = ()
    risk: Risk | None = None
    """Where it is another one than the action's own."""


class DeploymentAction(Action):
    """Subclasses say what they are and make the `edit`."""

    id: ClassVar[str]
    title: ClassVar[str]
    risk: ClassVar[Risk] = Risk.HIGH
    rows: ClassVar[tuple[str, ...]]
    kinds: ClassVar[frozenset[str]] = frozenset({"deployment"})
    options: ClassVar[tuple[Option, ...]] = ()

    def __init__(self, kube: Kube) -> None:
        self._kube = kube

    def hindrance(self, target: Target) -> str:
        return "" if target.kind in self.kinds else "only deployments have it"

    @abstractmethod
    async def edit(self, past: History, options: Mapping[str, str]) -> Edit:
        """Read what is still needed and decide. Raises UsageError for options that make no sense, Denied …"""

    async def plan(self, target: Target, options: Mapping[str, str]) -> Plan:
        """Read, edit, dry-run. Raises UsageError, NotFound, Conflict, Denied …"""
        client = self._kube.client
        past = await history(client, target.namespace or client.namespace, target.name)
        self._same(target, past.deployment)
        edit = await self.edit(past, options)
        expected = Expectations(self._kube.services, self._kube.thresholds.error_lines_per_minute)
        change = await prepare(client, past.deployment, edit.operations, expected)
        return Plan(
            action=self.id,
            title=edit.title,
            rows=self.rows,
            source=f"{client.source} · {client.host} · {await who_am_i(client)}",
            target=Target("deployment", change.name, change.namespace, change.uid),
            risk=edit.risk or self.risk,
            calls=change.calls,
            diff=(*_template_diff(past.deployment, edit, change), *edit.diff),
            interrupts=edit.interrupts,
            preconditions=change.preconditions,
            permissions=(change.permission,),
            dry_run=change.rehearsal.dry_run,
            inverse=edit.inverse,
            equivalent=edit.equivalent,
            steps=change.steps,
            blockers=(*edit.blockers, *change.rehearsal.blockers),
        )

    def seen(self, target: Target) -> Deployment | None:
        """The deployment as the feed saw it last."""
        known: tuple[Deployment, ...] = self._kube.deployments.latest.value or ()
        return next((d for d in known if d.name == target.name), None)

    def _same(self, target: Target, deployment: Manifest) -> None:
        if target.identity and deployment["metadata"]["uid"] != target.identity:
            raise NotFound(
                f"{target.label} was deleted and made anew since it was selected",
                source=self._kube.client.source,
                fix="select it again",
            )


def address(past: History) -> str:
    """ "deployment/relayer -n fusion-bitcoin", as kubectl takes it."""
    metadata = past.deployment["metadata"]
    return f"deployment/{metadata['name']} -n {metadata['namespace']}"


def way_back(past: History) -> str:
    """The command that puts the template back that runs now; "" when no revision holds it."""
    return f"kubectl rollout undo {address(past)} --to-revision={past.current.number}" if past.current else ""


def paused(past: History) -> tuple[str, ...]:
    """The blocker of everything that has to roll."""
    if not past.deployment["spec"].get("paused"):
        return ()
    return (f"it is paused, so nothing would roll: kubectl rollout resume {address(past)}",)


def _template_diff(deployment: Manifest, edit: Edit, change: DeploymentChange) -> tuple[Change, ...]:
    """What the server would make of it, defaults and webhooks included, rather than what we asked for."""
    if edit.template is None:
        return ()
    outcome = change.rehearsal.outcome
    after = outcome["spec"]["template"] if outcome is not None else edit.template
    return diff(deployment["spec"]["template"], after)
