"""Whether a rollout moves, is done, or is stuck: the condition Progressing. Pure but for the clock."""

from __future__ import annotations

import time

from sandbox.cluster.nodes import deployment_status as states
from sandbox.cluster.nodes.objects import condition
from sandbox.cluster.seams import Manifest

_NEVER = 2**31 - 1
_SETTLED = ("ProgressDeadlineExceeded", "NewReplicaSetAvailable")

Judgement = tuple[list[Manifest], float | None]
"""Conditions, and the seconds after which to judge again."""


def deadline(deployment: Manifest) -> int | None:
    """`progressDeadlineSeconds`; None when the rollout may take forever."""
    seconds = int(deployment["spec"].get("progressDeadlineSeconds", 600))
    return None if seconds >= _NEVER else seconds


def judged(
    deployment: Manifest, newest: Manifest | None, before: Manifest, after: Manifest, held: list[Manifest], limit: float
) -> Judgement:  # fmt: skip
    """Set Progressing from the statuses before and after; `limit` is the deadline in seconds of the wall."""
    found = condition(held, "Progressing")
    settled = found is not None and found.get("reason") == "NewReplicaSetAvailable"
    if deployment["spec"].get("paused") or deadline(deployment) is None:
        return held, None
    if settled and after.get("replicas", 0) == after.get("updatedReplicas", 0):
        return held, None
    if states.is_complete(deployment, after):
        text = states.progress_message(deployment, newest, "has successfully progressed")
        return states.put(held, states.wording("Progressing", "True", "NewReplicaSetAvailable", text)), None
    if states.moved_on(before, after):
        text = states.progress_message(deployment, newest, "is progressing")
        return states.refreshed(held, states.wording("Progressing", "True", "ReplicaSetUpdated", text)), limit
    return _late(deployment, newest, held, found, limit)


def _late(
    deployment: Manifest, newest: Manifest | None, held: list[Manifest], found: Manifest | None, limit: float
) -> Judgement:  # fmt: skip
    if found is None or found.get("reason") in _SETTLED:
        return held, None
    left = limit - (time.time() - states.since_progress(held).timestamp())
    if left > 0:
        return held, left
    text = states.progress_message(deployment, newest, "has timed out progressing")
    return states.put(held, states.wording("Progressing", "False", "ProgressDeadlineExceeded", text)), None
