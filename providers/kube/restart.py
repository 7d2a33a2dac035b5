"""A rolling restart (C05): every pod anew, by the deployment's own strategy."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import ClassVar, Final

from providers.kube.change_cause import recorded
from providers.kube.deployment_action import DeploymentAction, Edit, address, paused
from providers.kube.deployment_change import Operation
from providers.kube.identity import who_am_i
from providers.kube.impact import interrupts
from providers.kube.raw import part
from providers.kube.rollouts import History
from providers.kube.templates import bare

RESTARTED_AT: Final = "kubectl.kubernetes.io/restartedAt"
"""What kubectl rollout restart writes into the pod template; any new value rolls the deployment."""


class RollingRestart(DeploymentAction):
    """Replace the pods and change nothing else."""

    id: ClassVar[str] = "rolling-restart"
    title: ClassVar[str] = "Restart its pods, one after another"
    rows: ClassVar[tuple[str, ...]] = ("C05", "E05", "E06")

    async def edit(self, past: History, options: Mapping[str, str]) -> Edit:
        client = self._kube.client
        at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        template = bare(past.deployment["spec"]["template"])
        template["metadata"]["annotations"] = part(template, "metadata", "annotations") | {RESTARTED_AT: at}
        cause, said = recorded(past.deployment, f"restarted by {await who_am_i(client)} (fusion-console)")
        return Edit(
            title=f"Restart the pods of deployment/{past.name}",
            operations=(_stamp(past, at), cause),
            template=template,
            diff=(said,),
            interrupts=(*_nothing_runs(past), *await interrupts(client, past.deployment)),
            inverse="",
            equivalent=f"kubectl rollout restart {address(past)}",
            blockers=paused(past),
        )


def _stamp(past: History, at: str) -> Operation:
    path = "/spec/template/metadata/annotations"
    if part(past.deployment, "spec", "template", "metadata", "annotations"):
        return {"op": "add", "path": f"{path}/{RESTARTED_AT.replace('/', '~1')}", "value": at}
    return {"op": "add", "path": path, "value": {RESTARTED_AT: at}}


def _nothing_runs(past: History) -> tuple[str, ...]:
    lines = ["cannot be taken back, and need not be: what runs stays the same"]
    if past.deployment["spec"].get("replicas", 1) == 0:
        lines.append("it is scaled to 0: there is no pod to restart")
    return tuple(lines)
