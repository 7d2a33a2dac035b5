"""Kubernetes as a provider: one cluster, one namespace of services, as one user."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

from providers.core.action import Action, Permission
from providers.core.backoff import Backoff
from providers.core.check import Check
from providers.core.combine import combine
from providers.core.config import Kubernetes, Service, Thresholds
from providers.core.errors import BackendError
from providers.core.feed import Feed, ask_again, poll
from providers.core.provider import Light, Permit
from providers.kube import convert, errorrate, usage, values, wire
from providers.kube.client import KubeClient
from providers.kube.identity import who_am_i
from providers.kube.permissions import used_permissions
from providers.kube.reflector import Reflector
from providers.kube.workloads import Workload, join_workloads

PULSE = 3.0
"""Seconds between two proofs that the cluster still answers."""


class Kube:
    """Feeds, checks and actions of one cluster. Nothing is asked before somebody listens."""

    name = "kube"

    def __init__(
        self, environment: str, settings: Kubernetes, services: Sequence[Service], thresholds: Thresholds
    ) -> None:
        self.source = f"kube {environment}"
        self.settings = settings
        self.services = tuple(services)
        self.thresholds = thresholds
        self.client = KubeClient(self.source, settings)
        self._parts: list[Feed[Any]] = []
        self.light: Feed[Light] = Feed(
            "light", self.source, poll(self._pulse, PULSE), deadline=PULSE + 4.0, backoff=Backoff(1.0, 2.0, 0.2)
        )
        space = f"/namespaces/{settings.namespace}"
        watched = self._watched
        self.pods = watched("pods", f"/api/v1{space}/pods", wire.Pod, convert.pod)
        self.deployments = watched(
            "deployments", f"/apis/apps/v1{space}/deployments", wire.Deployment, convert.deployment
        )
        self.replicasets = watched(
            "replicasets", f"/apis/apps/v1{space}/replicasets", wire.ReplicaSet, convert.replicaset
        )
        self.events = watched("events", f"/api/v1{space}/events", wire.Event, convert.event)
        self.service_list = watched("services", f"/api/v1{space}/services", wire.Service, convert.service)
        self.endpoints = watched("endpoints", f"/api/v1{space}/endpoints", wire.Endpoints, convert.endpoints)
        self.budgets = watched("budgets", f"/apis/policy/v1{space}/poddisruptionbudgets", wire.Budget, convert.budget)
        self.nodes = watched("nodes", "/api/v1/nodes", wire.Node, convert.node)
        self.system_pods: Feed[tuple[Any, ...]] = combine(
            "system_pods",
            self.source,
            [
                watched(f"pods of {n}", f"/api/v1/namespaces/{n}/pods", wire.Pod, convert.pod)
                for n in settings.system_namespaces
            ],
            [],
            lambda known, _: tuple(pod for pods in known for pod in pods),
        )
        self.usage = self._polled("usage", lambda: usage.pod_usage(self.client, settings.namespace), usage.EVERY)
        self.error_rates = self._polled(
            "error_rates", lambda: errorrate.error_rates(self.client, self.services, self.pods), errorrate.EVERY
        )
        self.workloads: Feed[tuple[Workload, ...]] = combine(
            "workloads",
            self.source,
            [self.deployments, self.pods],
            [self.usage, self.error_rates],
            lambda known, seen: join_workloads(self.services, known[0], known[1], seen[0], seen[1]),
        )
        self.exposed: Feed[tuple[tuple[values.Service, values.Endpoints | None], ...]] = combine(
            "exposed", self.source, [self.service_list, self.endpoints], [], lambda known, _: _paired(*known)
        )
        self.feeds: Mapping[str, Feed[Any]] = {
            feed.name: feed
            for feed in (
                self.pods, self.deployments, self.replicasets, self.events, self.service_list, self.endpoints,
                self.budgets, self.nodes, self.system_pods, self.usage, self.error_rates, self.workloads,
                self.exposed,
            )
        }  # fmt: skip

    @property
    def identity(self) -> str:
        return self.client.known_as or self.client.user

    @property
    def checks(self) -> Sequence[Check]:
        from providers.kube.checks import checks

        return checks(self)

    @property
    def actions(self) -> Sequence[Action]:
        from providers.kube.actions import actions

        return actions(self)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for feed in (*self.feeds.values(), *self._parts, self.light):
            await feed.aclose()
        await self.client.aclose()

    async def permits(self) -> Sequence[Permit]:
        """Every right the console would use, as the cluster answers for it."""
        wanted = used_permissions(self.settings.namespace, self.settings.system_namespaces)
        return await asyncio.gather(*(self._permit(permission) for permission in wanted))

    async def _permit(self, permission: Permission) -> Permit:
        try:
            return Permit(str(permission), await self.client.allowed(permission))
        except BackendError as error:
            return Permit(str(permission), None, error.message)

    async def _pulse(self) -> Light:
        rtt, version = await self.client.ping()
        ask_again((*self.feeds.values(), *self._parts))
        identity = await who_am_i(self.client)
        return Light(identity, self.client.host, version, rtt, self.client.skew)

    def _watched(
        self,
        name: str,
        path: str,
        shape: type[Any],
        to_value: Callable[[Any], Any],
    ) -> Feed[tuple[Any, ...]]:
        reflector: Reflector[Any] = Reflector(self.client, path, shape, to_value, self.light)
        feed = Feed(name, self.source, reflector.stream)
        self._parts.append(feed)
        return feed

    def _polled(self, name: str, read: Callable[[], Any], every: float) -> Feed[tuple[Any, ...]]:
        return Feed(name, self.source, poll(read, every), deadline=every + self.settings.request_timeout)


def _paired(
    services: Sequence[values.Service], endpoints: Sequence[values.Endpoints]
) -> tuple[tuple[values.Service, values.Endpoints | None], ...]:
    """Every service with what is behind it."""
    behind = {found.name: found for found in endpoints}
    return tuple((service, behind.get(service.name)) for service in services)
