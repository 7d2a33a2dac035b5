"""Deployments with all that belongs to them: what the Services screen shows in one row."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from providers.core.config import Service
from providers.core.feed import Reading
from providers.kube.errorrate import ErrorRate
from providers.kube.values import Deployment, Pod, Usage, matches

Labelled = dict[tuple[str, str], list[Pod]]


class Meter(msgspec.Struct, frozen=True):
    """Use, requests and limits of one resource over all containers; None: not known, or not set somewhere."""

    used: float | None
    requested: float | None
    limit: float | None


class Workload(msgspec.Struct, frozen=True):
    """One deployment, its pods and their numbers. `errors` is None where no configured service stands for it."""

    deployment: Deployment
    pods: tuple[Pod, ...]
    restarts: int
    last_restart: datetime | None
    cpu: Meter
    memory: Meter
    errors: ErrorRate | None

    @property
    def name(self) -> str:
        return self.deployment.name

    @property
    def uid(self) -> str:
        return self.deployment.uid

    @property
    def healthy(self) -> bool:
        """Nothing for a human to do here."""
        done = self.deployment.rollout.state == "complete"
        return done and self.deployment.ready >= self.deployment.desired and all(p.healthy for p in self.pods)


def join_workloads(
    services: Sequence[Service],
    deployments: Sequence[Deployment],
    pods: Sequence[Pod],
    usage: Reading[tuple[Usage, ...]],
    rates: Reading[tuple[ErrorRate, ...]],
) -> tuple[Workload, ...]:
    """One workload a deployment. A reading with a fault is not counted: unknown is not zero."""
    used = {u.name: u for u in usage.value or ()} if usage.fault is None and usage.value is not None else None
    by_deployment, labelled = _rates(services, rates), _by_label(pods)
    return tuple(_workload(d, _chosen(d.selector, labelled), used, by_deployment.get(d.name)) for d in deployments)


def pod_meters(pod: Pod, used: Usage | None) -> tuple[Meter, Meter]:
    """(cpu, memory) of one pod."""
    return _meter("cpu", [pod], None if used is None else {pod.name: used}), _meter(
        "memory", [pod], None if used is None else {pod.name: used}
    )


def _by_label(pods: Sequence[Pod]) -> Labelled:
    """Every label to the pods that have it: asking each deployment about each pod would hold the loop."""
    labelled: Labelled = defaultdict(list)
    for pod in pods:
        for label in pod.labels.items():
            labelled[label].append(pod)
    return labelled


def _chosen(selector: dict[str, str], labelled: Labelled) -> tuple[Pod, ...]:
    """The pods that an equality selector chooses, in their order."""
    fewest = min((labelled.get(label, []) for label in selector.items()), key=len, default=[])
    return tuple(pod for pod in fewest if matches(selector, pod.labels))


def _workload(
    deployment: Deployment, mine: tuple[Pod, ...], used: dict[str, Usage] | None, rate: ErrorRate | None
) -> Workload:
    return Workload(
        deployment,
        mine,
        restarts=sum(p.restarts for p in mine),
        last_restart=max((p.last_restart for p in mine if p.last_restart), default=None),
        cpu=_meter("cpu", mine, used),
        memory=_meter("memory", mine, used),
        errors=rate,
    )


def _rates(services: Sequence[Service], rates: Reading[tuple[ErrorRate, ...]]) -> dict[str, ErrorRate]:
    deployments = {service.name: service.deployment for service in services}
    if rates.fault is not None:
        return {name: ErrorRate(service, None, fault=rates.fault) for service, name in deployments.items()}
    return {deployments[r.service]: r for r in rates.value or () if r.service in deployments}


def _meter(resource: str, pods: Iterable[Pod], used: dict[str, Usage] | None) -> Meter:
    running = [p for p in pods if not p.deleting]
    containers = [c for p in running for c in p.containers if not c.init]
    index = 0 if resource == "cpu" else 1
    known = [used[p.name] for p in running if p.name in used] if used is not None else []
    return Meter(
        sum(use[index] for u in known for use in u.containers.values()) if known else None,
        _total(getattr(c, f"{resource}_request") for c in containers),
        _total(getattr(c, f"{resource}_limit") for c in containers),
    )


def _total(amounts: Iterable[float | None]) -> float | None:
    found = list(amounts)
    return None if not found or None in found else sum(amount for amount in found if amount is not None)
