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


class Meter(msgspec.Struct, frozen=True, gc=False):
    """Use, requests and limits of one resource over all containers; None: not known, or not set somewhere."""

    used: float | None
    requested: float | None
    limit: float | None


class Workload(msgspec.Struct, frozen=True, gc=False):
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
    by_deployment, labelled = _rates(services, rates), _by_label(deployments, pods)
    return tuple(_workload(d, _chosen(d.selector, labelled), used, by_deployment.get(d.name)) for d in deployments)


def pod_meters(pod: Pod, used: Usage | None) -> tuple[Meter, Meter]:
    """(cpu, memory) of one pod."""
    return _meters([pod], None if used is None else {pod.name: used})


def _by_label(deployments: Sequence[Deployment], pods: Sequence[Pod]) -> Labelled:
    """Each label that selectors ask for, to its pods: asking each deployment about each pod would hold the loop."""
    keys = {key for deployment in deployments for key in deployment.selector}
    labelled: Labelled = defaultdict(list)
    for pod in pods:
        for key in keys & pod.labels.keys():
            labelled[key, pod.labels[key]].append(pod)
    return labelled


def _chosen(selector: dict[str, str], labelled: Labelled) -> tuple[Pod, ...]:
    """The pods that an equality selector chooses, in their order."""
    fewest = min((labelled.get(label, []) for label in selector.items()), key=len, default=[])
    return tuple(pod for pod in fewest if matches(selector, pod.labels)) if len(selector) > 1 else tuple(fewest)


def _workload(
    deployment: Deployment, mine: tuple[Pod, ...], used: dict[str, Usage] | None, rate: ErrorRate | None
) -> Workload:
    cpu, memory = _meters(mine, used)
    return Workload(
        deployment,
        mine,
        restarts=sum(p.restarts for p in mine),
        last_restart=max((p.last_restart for p in mine if p.last_restart), default=None),
        cpu=cpu,
        memory=memory,
        errors=rate,
    )


def _rates(services: Sequence[Service], rates: Reading[tuple[ErrorRate, ...]]) -> dict[str, ErrorRate]:
    deployments = {service.name: service.deployment for service in services}
    if rates.fault is not None:
        return {name: ErrorRate(service, None, fault=rates.fault) for service, name in deployments.items()}
    return {deployments[r.service]: r for r in rates.value or () if r.service in deployments}


def _meters(pods: Iterable[Pod], used: dict[str, Usage] | None) -> tuple[Meter, Meter]:
    """(cpu, memory) over all containers."""
    running = [p for p in pods if not p.deleting]
    containers = [c for p in running for c in p.containers if not c.init]
    uses = [use for p in running if p.name in used for use in used[p.name].containers.values()] if used else []
    known = used is not None and any(p.name in used for p in running)
    return (
        Meter(
            sum(use[0] for use in uses) if known else None,
            _total([c.cpu_request for c in containers]),
            _total([c.cpu_limit for c in containers]),
        ),
        Meter(
            sum(use[1] for use in uses) if known else None,
            _total([c.memory_request for c in containers]),
            _total([c.memory_limit for c in containers]),
        ),
    )


def _total(amounts: list[float | None]) -> float | None:
    return None if not amounts or None in amounts else sum(amount for amount in amounts if amount is not None)
