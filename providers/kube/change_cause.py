"""The annotation that tells the next reader of a rollout history why a template was changed."""

from __future__ import annotations

from typing import Final

from providers.core.action import Change
from providers.core.text import clean
from providers.kube.deployment_change import Operation
from providers.kube.raw import Manifest, part
from providers.kube.rollouts import CHANGE_CAUSE

CAUSE_PATH: Final = "/metadata/annotations/" + CHANGE_CAUSE.replace("/", "~1")


def recorded(deployment: Manifest, cause: str) -> tuple[Operation, Change]:
    """The operation that records a cause, and how it reads.

    The controller copies a deployment's annotations to the new revision: an old cause would be told of a new template.
    """
    present = part(deployment, "metadata", "annotations")
    before = clean(str(present[CHANGE_CAUSE])) if CHANGE_CAUSE in present else None
    operation: Operation = (
        {"op": "add", "path": CAUSE_PATH, "value": cause}
        if present
        else {"op": "add", "path": "/metadata/annotations", "value": {CHANGE_CAUSE: cause}}
    )
    return operation, Change("change cause", before, cause)
