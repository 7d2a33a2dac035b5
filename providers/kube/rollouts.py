"""The revisions of a deployment, from its replica sets."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from providers.core.action import Change
from providers.core.text import clean
from providers.kube.client import KubeClient
from providers.kube.raw import Writer, label_query, moment, part, template_writers
from providers.kube.templates import bare, diff, images_of, same

REVISION = "deployment.kubernetes.io/revision"
CHANGE_CAUSE = "kubernetes.io/change-cause"
AT_ONCE: Final = timedelta(seconds=3)
"""The controller makes the replica set of a new template within this."""


class Revision(msgspec.Struct, frozen=True):
    """One revision. `changes` lead from the current template to it; `template` is without the hash label.

    `by` is the program that wrote the template ("kubectl-set", "helm", "fusion-console") and `since` when it did, as
    long as the deployment's managed fields remember it; after that "" and when the replica set was made, which may be
    long before: going back to a revision uses its old replica set again.
    """

    number: int
    name: str
    since: datetime | None
    by: str
    cause: str
    images: tuple[str, ...]
    replicas: int
    ready: int
    current: bool
    changes: tuple[Change, ...]
    template: dict[str, Any]
    annotations: dict[str, str]


class History(msgspec.Struct, frozen=True):
    """A deployment as it is now and every revision that is kept, newest first."""

    deployment: dict[str, Any]
    revisions: tuple[Revision, ...]

    @property
    def name(self) -> str:
        return str(self.deployment["metadata"]["name"])

    @property
    def current(self) -> Revision | None:
        return next((r for r in self.revisions if r.current), None)

    def revision(self, number: int) -> Revision | None:
        return next((r for r in self.revisions if r.number == number), None)

    @property
    def previous(self) -> Revision | None:
        """The newest older revision that differs, one with ready pods before others.

        After two bad releases in a row the newest older one is bad as well; what still serves is good.
        """
        newest = self.current.number if self.current else float("inf")
        older = [r for r in self.revisions if r.number < newest and r.changes]
        return next((r for r in older if r.ready), older[0] if older else None)


def deployment_path(namespace: str, name: str) -> str:
    return f"/apis/apps/v1/namespaces/{namespace}/deployments/{name}"


async def history(client: KubeClient, namespace: str, name: str) -> History:
    """Read a deployment and its replica sets. Raises NotFound, Denied …"""
    deployment = await client.object(deployment_path(namespace, name))
    params = {"labelSelector": label_query(part(deployment, "spec", "selector"))}
    sets = (await client.object(f"/apis/apps/v1/namespaces/{namespace}/replicasets", params)).get("items") or []
    uid = deployment["metadata"]["uid"]
    mine = [s for s in sets if any(o.get("uid") == uid for o in s["metadata"].get("ownerReferences") or ())]
    template, writers = bare(deployment["spec"]["template"]), template_writers(deployment)
    revisions = [_revision(s, template, writers) for s in mine]
    return History(deployment, tuple(sorted(revisions, key=lambda r: -r.number)))


def _revision(replicaset: dict[str, Any], current: dict[str, Any], writers: Sequence[Writer]) -> Revision:
    metadata, spec, status = replicaset["metadata"], replicaset["spec"], replicaset.get("status") or {}
    annotations = metadata.get("annotations") or {}
    template, created = bare(spec["template"]), moment(metadata.get("creationTimestamp"))
    number, runs = annotations.get(REVISION, "0"), same(template, current)
    writer = _author(created, writers, runs)
    return Revision(
        number=int(number) if number.isdecimal() else 0,
        name=clean(metadata["name"]),
        since=(writer and writer.at) or created,
        by=clean(writer.manager, 80) if writer else "",
        cause=clean(annotations.get(CHANGE_CAUSE, "")),
        images=images_of(template),
        replicas=spec.get("replicas", 0),
        ready=status.get("readyReplicas", 0),
        current=runs,
        changes=diff(current, template),
        template=template,
        annotations=annotations,
    )


def _author(created: datetime | None, writers: Sequence[Writer], runs: bool) -> Writer | None:
    """Of the template that runs, whoever wrote last; of another one, who wrote just before its replica set came."""
    dated = [w for w in writers if w.at is not None]
    if runs:
        return max(dated, key=lambda w: w.at.timestamp() if w.at else 0.0, default=None)
    return next((w for w in dated if created and w.at and abs(created - w.at) <= AT_ONCE), None)
