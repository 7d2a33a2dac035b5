"""The provider against the sandbox cluster."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import pytest

from providers.core.config import BRIDGE, Kubernetes, Thresholds
from providers.kube.provider import Kube
from sandbox.cluster.cluster import Cluster

Connect = Callable[[str], Kube]


@pytest.fixture
async def connect(cluster: Cluster) -> AsyncIterator[Connect]:
    """A provider as one of the cluster's users; closed at the end."""
    opened: list[Kube] = []

    def provider(user: str) -> Kube:
        settings = Kubernetes(kubeconfig=str(cluster.kubeconfigs[user]))
        opened.append(Kube("test", settings, BRIDGE, Thresholds()))
        return opened[-1]

    yield provider
    for kube in opened:
        await kube.__aexit__(None, None, None)
