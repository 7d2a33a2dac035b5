"""Pulling the image of a container, with the events and the back-off of a failed pull."""

from __future__ import annotations

from collections.abc import Callable

from sandbox.cluster.nodes.kubelet.backoff import FIRST, BackOff
from sandbox.cluster.nodes.kubelet.owner import Owner
from sandbox.cluster.nodes.kubelet.record import ContainerRecord
from sandbox.cluster.nodes.programs import catalog

_PULL = 1.6
_SHOWN = 1.2


class Pull:
    """`tell` records an event of the container, `wait` writes why it waits."""

    def __init__(
        self,
        owner: Owner,
        record: ContainerRecord,
        tell: Callable[[str, str, str], None],
        wait: Callable[[str, str], None],
    ) -> None:
        self._owner = owner
        self._record = record
        self._tell = tell
        self._wait = wait

    async def pull(self) -> bool:
        """Get the image, trying again for as long as there is none; True when the pod is to end."""
        reference = self._record.spec["image"]
        back_off = BackOff(FIRST)
        while catalog.find(reference) is None:
            if await self._refused(reference, back_off.next()):
                return True
        self._record.image_id = catalog.digest(reference)
        if reference in self._owner.host.pulled and self._record.spec.get("imagePullPolicy") != "Always":
            self._tell("Normal", "Pulled", f'Container image "{reference}" already present on machine')
            return False
        return await self._fetch(reference)

    async def _fetch(self, reference: str) -> bool:
        self._tell("Normal", "Pulling", f'Pulling image "{reference}"')
        if await self._owner.nap(_PULL):
            return True
        self._owner.host.pulled.add(reference)
        image = catalog.find(reference)
        took = f"{_PULL + self._owner.host.rng.random():.3f}s"
        size = image.size if image else 0
        text = (
            f'Successfully pulled image "{reference}" in {took} ({took} including waiting). Image size: {size} bytes.'
        )
        self._tell("Normal", "Pulled", text)
        return False

    async def _refused(self, reference: str, wait: float) -> bool:
        self._tell("Normal", "Pulling", f'Pulling image "{reference}"')
        if await self._owner.nap(0.4):
            return True
        why = catalog.refusal(reference)
        self._tell("Warning", "Failed", f'Failed to pull image "{reference}": {why}')
        self._tell("Warning", "Failed", "Error: ErrImagePull")
        self._wait("ErrImagePull", why)
        if await self._owner.nap(_SHOWN):
            return True
        text = f'Back-off pulling image "{reference}"'
        self._tell("Normal", "BackOff", text)
        self._tell("Warning", "Failed", "Error: ImagePullBackOff")
        self._wait("ImagePullBackOff", f"{text}: ErrImagePull: {why}")
        return await self._owner.nap(wait)
