"""What replacing the pods of a deployment disturbs."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import msgspec

from providers.core.errors import BackendError, NotFound
from providers.core.text import clean
from providers.kube import convert, wire
from providers.kube.client import KubeClient
from providers.kube.raw import Manifest, items, label_query, name_of, part
from providers.kube.reflector import OLDER
from providers.kube.values import Budget, Pod, matches


class _Budgets(msgspec.Struct):
    items: list[wire.Budget] = []


class _Pods(msgspec.Struct):
    items: list[wire.Pod] = []


async def pods_of(client: KubeClient, namespace: str, selector: dict[str, str] | str) -> tuple[Pod, ...]:
    """The pods a selector (its labels, or a whole query) chooses, now; an empty one chooses all."""
    query = selector if isinstance(selector, str) else label_query({"matchLabels": selector})
    body = await client.get(f"/api/v1/namespaces/{namespace}/pods", {"labelSelector": query})
    return tuple(convert.pod(pod) for pod in msgspec.json.decode(body, type=_Pods).items)


async def interrupts(client: KubeClient, deployment: Manifest) -> tuple[str, ...]:
    """Sentences for the plan of a rollout; what cannot be read is said, not left out."""
    spec = part(deployment, "spec")
    pods = await pods_of(client, deployment["metadata"]["namespace"], label_query(part(spec, "selector")))
    return (*pod_lines(pods, spec), *await bystanders(client, deployment, "a rollout"))


async def bystanders(client: KubeClient, deployment: Manifest, change: str) -> tuple[str, ...]:
    """Who else has a say in how many pods there are: budgets and autoscalers. `change` names what is done."""
    namespace = deployment["metadata"]["namespace"]
    try:
        labels = part(deployment, "spec", "template", "metadata", "labels")
        budgets = [budget_line(b, change) for b in await read_budgets(client, namespace) if matches(b.selector, labels)]
    except BackendError as error:
        budgets = [f"disruption budgets could not be read: {error.message}"]
    return (*budgets, *await _autoscalers(client, namespace, name_of(deployment)))


def bounds(spec: Manifest) -> tuple[int, int]:
    """(most unavailable, most extra) pods of a rolling update; a percentage of unavailable rounds down, extra up."""
    rolling, desired = part(spec, "strategy", "rollingUpdate"), spec.get("replicas", 1)
    unavailable = _count(rolling.get("maxUnavailable", "25%"), desired, math.floor)
    surge = _count(rolling.get("maxSurge", "25%"), desired, math.ceil)
    # The controller must be able to move (kubernetes/pkg/controller/deployment/util, ResolveFenceposts).
    return (1, 0) if unavailable == surge == 0 else (unavailable, surge)


def pod_lines(pods: Sequence[Pod], spec: Manifest) -> list[str]:
    ready = [p for p in pods if p.healthy and not p.deleting]
    lines = [f"replaces {len(pods)} pod{'s' * (len(pods) != 1)} ({len(ready)} ready now)"]
    if part(spec, "strategy").get("type") == "Recreate":
        lines.append("strategy Recreate: every pod stops before a new one starts, a full outage until then")
    else:
        unavailable, surge = bounds(spec)
        lines.append(f"at most {unavailable} of {spec.get('replicas', 1)} unavailable, {surge} extra")
    if len(ready) == 1:
        lines.append(f"{ready[0].name} is the last ready replica")
    return lines


def budget_line(budget: Budget, change: str) -> str:
    """What a budget says. Only evictions are bound by budgets (KEP-85), which few remember at 3 am."""
    left = f"{budget.healthy} healthy of {budget.wanted} wanted, {budget.allowed} may be disrupted"
    return f"budget {budget.name} ({budget.minimum}): {left}; {change} is not bound by it"


def _count(amount: int | str, desired: int, rounded: Callable[[float], int]) -> int:
    if isinstance(amount, int):
        return amount
    return rounded(int(amount.removesuffix("%")) * desired / 100)


async def read_budgets(client: KubeClient, namespace: str) -> list[Budget]:
    """The disruption budgets of a namespace. Raises Denied …"""
    path = f"/apis/policy/v1/namespaces/{namespace}/poddisruptionbudgets"
    try:
        body = await client.get(path)
    except NotFound:
        body = await client.get(path.replace(*next(iter(OLDER.items()))))
    return [convert.budget(raw) for raw in msgspec.json.decode(body, type=_Budgets).items]


async def _autoscalers(client: KubeClient, namespace: str, deployment: str) -> list[str]:
    try:
        found = await client.object(f"/apis/autoscaling/v1/namespaces/{namespace}/horizontalpodautoscalers")
    except NotFound:
        return []
    except BackendError as error:
        return [f"autoscalers could not be read: {error.message}"]
    specs = ((clean(name_of(scaler)), part(scaler, "spec")) for scaler in items(found, "items"))
    return [
        f"autoscaler {name} sets the replicas ({spec.get('minReplicas', 1)} to {spec.get('maxReplicas', '?')})"
        for name, spec in specs
        if part(spec, "scaleTargetRef").get("kind") == "Deployment"
        and part(spec, "scaleTargetRef").get("name") == deployment
    ]
