"""How far the rollout of one deployment is, and which pods hold it back and why: live, from what is watched anyway."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from providers.core.action import Progress, Stage
from providers.core.combine import combine
from providers.core.feed import Feed
from providers.kube.follow import HASH, judge, why
from providers.kube.values import Deployment, Pod, ReplicaSet, matches

if TYPE_CHECKING:
    from providers.kube.provider import Kube


class Held(msgspec.Struct, frozen=True):
    """A pod that is not well, and why."""

    pod: str
    why: str


class Rolling(msgspec.Struct, frozen=True):
    """`deployment` is None when it is gone. `new` and `old` count pods; `held` are the new ones that are not well."""

    deployment: Deployment | None
    progress: Progress
    new: int = 0
    old: int = 0
    held: tuple[Held, ...] = ()


def rolling_feed(kube: Kube, uid: str) -> Feed[Rolling]:
    """The rollout of one deployment, anew with each change of it, its replica sets or its pods."""
    parts = [kube.deployments, kube.replicasets, kube.pods]
    return combine("rollout", kube.source, parts, [], lambda known, _: rolling(uid, *known))


def rolling(
    uid: str, deployments: Sequence[Deployment], replicasets: Sequence[ReplicaSet], pods: Sequence[Pod]
) -> Rolling:
    """What is known of it now."""
    deployment = next((d for d in deployments if d.uid == uid), None)
    if deployment is None:
        return Rolling(None, Progress(Stage.FAILED, "the deployment was deleted"))
    newest = {s.labels.get(HASH) for s in replicasets if s.owner == uid and s.revision == deployment.revision}
    mine = [p for p in pods if matches(deployment.selector, p.labels)]
    new = [p for p in mine if p.labels.get(HASH) in newest]
    unwell = sorted((p for p in new if not p.healthy and not p.deleting), key=lambda p: p.name)
    progress = judge(deployment, [], uid, deployment.generation)
    held = tuple(Held(p.name, why(p)) for p in unwell)
    return Rolling(deployment, progress, len(new), len(mine) - len(new), held)
