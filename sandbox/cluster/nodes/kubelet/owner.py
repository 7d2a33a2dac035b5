"""The pod worker, as its containers see it."""

from __future__ import annotations

from typing import Protocol

from sandbox.cluster.nodes.kubelet.host import Host
from sandbox.cluster.seams import Manifest


class Owner(Protocol):
    """What a container may ask of its pod."""

    host: Host
    pod_ip: str

    @property
    def pod(self) -> Manifest:
        """The newest version of the pod."""

    @property
    def grace(self) -> float:
        """Seconds of the cluster's time left to a pod that is going."""

    @property
    def going(self) -> bool:
        """Whether the pod is to end."""

    async def nap(self, seconds: float) -> bool:
        """Wait in the cluster's time; True when the pod is to end."""

    def sync(self) -> None:
        """Write the status of the pod."""
