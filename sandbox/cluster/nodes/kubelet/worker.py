"""The life of one pod on its node: volumes, init containers, containers, and the end."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import datetime

from sandbox.cluster.errors import NotFound
from sandbox.cluster.nodes.kubelet import words
from sandbox.cluster.nodes.kubelet.container import ContainerLoop
from sandbox.cluster.nodes.kubelet.host import Host
from sandbox.cluster.nodes.kubelet.inputs import Inputs
from sandbox.cluster.nodes.kubelet.record import ContainerRecord, recalled
from sandbox.cluster.nodes.kubelet.status import Placement, pod_status
from sandbox.cluster.nodes.podfacts import is_over
from sandbox.cluster.nodes.times import now, parse
from sandbox.cluster.seams import Manifest

_SANDBOX = 0.6
_MOUNT_RETRY = 8.0


class PodWorker:
    """Owns everything of one pod. `run` ends when the pod is gone; cancelling it kills the pod at once."""

    def __init__(self, host: Host, pod: Manifest) -> None:
        self.host = host
        self._pod = pod
        status = pod.get("status") or {}
        self.pod_ip = str(status.get("podIP") or "")
        self._since: datetime = parse(status["startTime"]) if status.get("startTime") else now()
        self._going = asyncio.Event()
        self.inits = self._records("initContainers", "initContainerStatuses")
        self.containers = self._records("containers", "containerStatuses")
        for record in (*self.inits, *self.containers):
            words.recall(record)
        for record in self.containers if self.inits else ():
            if record.run is None:
                record.waiting = ("PodInitializing", "")
        self._init_loops = [ContainerLoop(self, record, init=True) for record in self.inits]
        self._loops = [ContainerLoop(self, record) for record in self.containers]

    def _records(self, specs: str, statuses: str) -> list[ContainerRecord]:
        known = {s["name"]: s for s in (self._pod.get("status") or {}).get(statuses) or ()}
        held = self._pod["spec"].get(specs) or ()
        return [recalled(s, known[s["name"]]) if s["name"] in known else ContainerRecord(s) for s in held]

    # -- what its containers ask

    @property
    def pod(self) -> Manifest:
        """See `Owner`."""
        meta = self._pod["metadata"]
        with suppress(NotFound):
            newest = self.host.store.get("pods", meta["namespace"], meta["name"])
            if newest["metadata"]["uid"] == meta["uid"]:
                self._pod = newest
        return self._pod

    @property
    def going(self) -> bool:
        """See `Owner`."""
        return self._going.is_set()

    @property
    def grace(self) -> float:
        """See `Owner`."""
        return float(self.pod["metadata"].get("deletionGracePeriodSeconds") or 1)

    async def nap(self, seconds: float) -> bool:
        """See `Owner`."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self.host.world.pace.seconds(seconds)):
                await self._going.wait()
        return self.going

    def sync(self) -> None:
        """See `Owner`."""
        meta = self._pod["metadata"]

        def change(pod: Manifest) -> None:
            if pod["metadata"]["uid"] == meta["uid"]:
                place = Placement(self.host.machine.ip, self.pod_ip, self._since)
                pod["status"] = pod_status(pod, place, self.inits, self.containers)

        with suppress(NotFound):
            self.host.store.modify("pods", meta["namespace"], meta["name"], change, subresource="status")

    # -- what others ask

    def loop(self, container: str) -> ContainerLoop | None:
        """The loop of a container, init containers included."""
        return next((x for x in (*self._loops, *self._init_loops) if x.record.name == container), None)

    def loops(self) -> list[ContainerLoop]:
        """The loops of the ordinary containers."""
        return list(self._loops)

    async def settled(self) -> None:
        """Wait until each container of a pod that is not over has started."""
        if not is_over(self._pod):
            await asyncio.gather(*(loop.up.wait() for loop in self._loops))

    def terminate(self) -> None:
        """Begin the graceful end; safe to call again, with a shorter grace."""
        self._going.set()
        for loop in (*self._init_loops, *self._loops):
            if loop.execution is not None and not loop.execution.box.stopping.is_set():
                loop.stop(self.grace)

    # -- its life

    async def run(self) -> None:
        """Live, and be removed from the store at the end of a graceful deletion."""
        if not is_over(self._pod):
            await self._live()
            self.sync()
        await self._going.wait()
        meta = self._pod["metadata"]
        with suppress(NotFound):
            if self.host.store.get("pods", meta["namespace"], meta["name"])["metadata"]["uid"] == meta["uid"]:
                self.host.store.delete("pods", meta["namespace"], meta["name"], grace=0)

    async def _live(self) -> None:
        if not self.pod_ip and await self._settle():
            return
        for loop in self._init_loops:
            code = await loop.run()
            if code != 0 or self.going:
                return
        async with asyncio.TaskGroup() as group:
            for loop in self._loops:
                group.create_task(loop.run())

    async def _settle(self) -> bool:
        """Mount volumes and make the sandbox; the pod has an address then."""
        self.sync()
        while missing := list(self._inputs().missing_volumes()):
            for volume, text in missing:
                about = f'MountVolume.SetUp failed for volume "{volume}" : {text}'
                self.host.event(self.pod, "Warning", "FailedMount", about)
            if await self.nap(_MOUNT_RETRY):
                return True
        if await self.nap(_SANDBOX):
            return True
        shared = self.pod["spec"].get("hostNetwork")
        self.pod_ip = self.host.machine.ip if shared else self.host.machine.next_ip()
        self.sync()
        return False

    def _inputs(self) -> Inputs:
        return Inputs(self.host.store, self.pod, self.host.machine.ip, self.pod_ip)
