"""The provider against the sandbox cluster."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from providers.core.config import BRIDGE, Kubernetes, Thresholds
from providers.kube.provider import Kube
from sandbox.cluster.cluster import Cluster

Connect = Callable[[str], Kube]


@pytest.fixture
async def connect_to() -> AsyncIterator[Callable[..., Kube]]:
    """A provider by a kubeconfig, for a namespace; closed at the end."""
    opened: list[Kube] = []

    def provider(kubeconfig: Path, namespace: str = "fusion-bitcoin") -> Kube:
        settings = Kubernetes(kubeconfig=str(kubeconfig), namespace=namespace)
        opened.append(Kube("test", settings, BRIDGE, Thresholds()))
        return opened[-1]

    yield provider
    for kube in opened:
        await kube.__aexit__(None, None, None)


@pytest.fixture
def connect(cluster: Cluster, connect_to: Callable[..., Kube]) -> Connect:
    """A provider as one of the sandbox cluster's users."""
    return lambda user: connect_to(cluster.kubeconfigs[user])
