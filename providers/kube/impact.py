"""What replacing the pods of a deployment disturbs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from providers.core.errors import BackendError, NotFound
from providers.kube import convert, wire
from providers.kube.client import KubeClient
from providers.kube.reflector import OLDER
from providers.kube.values import Budget, Pod, matches


class _Budgets(msgspec.Struct):
    items: list[wire.Budget] = []


class _Pods(msgspec.Struct):
    items: list[wire.Pod] = []


async def pods_of(client: KubeClient, namespace: str, selector: dict[str, str]) -> tuple[Pod, ...]:
    """The pods a deployment's selector chooses, now."""
    params = {"labelSelector": ",".join(f"{key}={value}" for key, value in selector.items())}
    body = await client.get(f"/api/v1/namespaces/{namespace}/pods", params)
    return tuple(convert.pod(pod) for pod in msgspec.json.decode(body, type=_Pods).items)


async def interrupts(client: KubeClient, deployment: dict[str, Any]) -> tuple[str, ...]:
    """Sentences for the plan; a budget that cannot be read is said, not left out."""
    metadata, spec = deployment["metadata"], deployment["spec"]
    namespace = metadata["namespace"]
    selector = (spec.get("selector") or {}).get("matchLabels") or {}
    pods = await pods_of(client, namespace, selector)
    try:
        budgets = _budget_lines(await _budgets(client, namespace), spec["template"])
    except BackendError as error:
        budgets = [f"disruption budgets could not be read: {error.message}"]
    return (*_pod_lines(pods, spec), *budgets)


def _pod_lines(pods: Sequence[Pod], spec: dict[str, Any]) -> list[str]:
    ready = [p for p in pods if p.healthy and not p.deleting]
    strategy = spec.get("strategy") or {}
    lines = [f"replaces {len(pods)} pods ({len(ready)} ready now)"]
    if strategy.get("type") == "Recreate":
        return [*lines, "strategy Recreate: every pod stops before a new one starts, an outage until then"]
    rolling = strategy.get("rollingUpdate") or {}
    lines.append(f"at most {rolling.get('maxUnavailable', '25%')} unavailable, {rolling.get('maxSurge', '25%')} extra")
    if len(ready) == 1:
        lines.append(f"{ready[0].name} is the last ready replica")
    return lines


def _budget_lines(budgets: Sequence[Budget], template: dict[str, Any]) -> list[str]:
    labels = (template.get("metadata") or {}).get("labels") or {}
    return [
        f"budget {b.name} ({b.minimum}): {b.healthy} healthy of {b.wanted} wanted, {b.allowed} may be disrupted;"
        " a rollout is not bound by it"
        for b in budgets
        if matches(b.selector, labels)
    ]


async def _budgets(client: KubeClient, namespace: str) -> list[Budget]:
    path = f"/apis/policy/v1/namespaces/{namespace}/poddisruptionbudgets"
    try:
        body = await client.get(path)
    except NotFound:
        body = await client.get(path.replace(*next(iter(OLDER.items()))))
    return [convert.budget(raw) for raw in msgspec.json.decode(body, type=_Budgets).items]
