"""The life of one container: pull, configure, run, back off, run again."""

from __future__ import annotations

import asyncio
import random
from typing import Protocol

from sandbox.cluster.nodes.kubelet.backoff import FIRST, BackOff, spelled
from sandbox.cluster.nodes.kubelet.execution import Execution, Listener
from sandbox.cluster.nodes.kubelet.host import Host
from sandbox.cluster.nodes.kubelet.inputs import Inputs, MissingInput
from sandbox.cluster.nodes.kubelet.logring import LogRing
from sandbox.cluster.nodes.kubelet.record import ContainerRecord, Run
from sandbox.cluster.nodes.programs import catalog
from sandbox.cluster.nodes.programs.box import Box
from sandbox.cluster.nodes.times import now
from sandbox.cluster.seams import Manifest

_PULL = 1.6
_SHOWN = 1.2
_SYNC = 12.0


class Owner(Protocol):
    """The pod worker, as its containers see it."""

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


class ContainerLoop:
    """Drives one `ContainerRecord`. `run` returns the last exit code, None when the pod ended before it ran."""

    def __init__(self, owner: Owner, record: ContainerRecord, *, init: bool = False) -> None:
        self._owner = owner
        self.record = record
        self._init = init
        self._restarts = BackOff()
        self.execution: Execution | None = None
        self.up = asyncio.Event()
        """Set once it has started for the first time, or never will."""

    async def run(self) -> int | None:
        """Live until the container need not run again, or the pod ends."""
        code: int | None = None
        if self.record.running is not None:
            code = await self._execute(self.record.running, recalled=True)
        elif self.record.ended is not None:
            code = self.record.ended.exit_code
        while code is None or self._again(code):
            if code is not None and await self._rest():
                return code
            if await self._pull() or await self._launch_waits():
                return code
            code = await self._launch()
        return code

    def stop(self, grace: float) -> None:
        """End the run that is under way."""
        if self.execution is not None and self.record.running is not None:
            self._tell("Normal", "Killing", f"Stopping container {self.record.name}")
            self.execution.stop(grace)

    def _again(self, code: int) -> bool:
        policy = self._owner.pod["spec"].get("restartPolicy", "Always")
        if self._owner.going or policy == "Never" or (self._init and code == 0):
            return False
        return bool(code) or policy == "Always"

    def _tell(self, kind: str, reason: str, message: str) -> None:
        self._owner.host.event(self._owner.pod, kind, reason, message, self.record.name, init=self._init)

    def _wait(self, reason: str, message: str) -> None:
        self.record.waiting = (reason, message)
        self.record.ready = self.record.started = False
        self._owner.sync()

    # -- before a run

    async def _rest(self) -> bool:
        """The crash back-off."""
        if await self._owner.nap(_SHOWN):
            return True
        wait = self._restarts.next()
        if not wait:
            return False
        meta = self._owner.pod["metadata"]
        where = f"{meta['name']}_{meta['namespace']}({meta['uid']})"
        name = self.record.name
        self._wait("CrashLoopBackOff", f"back-off {spelled(wait)} restarting failed container={name} pod={where}")
        while wait > 0:
            self._tell("Warning", "BackOff", f"Back-off restarting failed container {name} in pod {where}")
            if await self._owner.nap(min(wait, _SYNC)):
                return True
            wait -= _SYNC
        return False

    async def _pull(self) -> bool:
        reference = self.record.spec["image"]
        back_off = BackOff(FIRST)
        while catalog.find(reference) is None:
            if await self._refused(reference, back_off.next()):
                return True
        self.record.image_id = catalog.digest(reference)
        if reference in self._owner.host.pulled and self.record.spec.get("imagePullPolicy") != "Always":
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

    async def _launch_waits(self) -> bool:
        """Wait until everything the container names is there."""
        while True:
            try:
                self._inputs().environment(self.record.spec)
            except MissingInput as missing:
                self._tell("Warning", "Failed", f"Error: {missing}")
                self._wait("CreateContainerConfigError", str(missing))
            else:
                return False
            if await self._owner.nap(_SYNC):
                return True

    def _inputs(self) -> Inputs:
        return Inputs(self._owner.host.store, self._owner.pod, self._owner.host.machine.ip, self._owner.pod_ip)

    # -- a run

    async def _launch(self) -> int:
        if self.record.run is not None:
            self.record.restarts += 1
        run = Run(self._owner.host.new_id(), now(), LogRing(self.record.clock))
        self._tell("Normal", "Created", f"Created container: {self.record.name}")
        self.record.begin(run)
        self._tell("Normal", "Started", f"Started container {self.record.name}")
        return await self._execute(run)

    async def _execute(self, run: Run, *, recalled: bool = False) -> int:
        image = catalog.find(self.record.spec["image"])
        if image is None:
            raise LookupError(f"no image {self.record.spec['image']}")
        box = self._box(run, recalled=recalled)
        host = self._owner.host
        listener = Listener(self._turn_ready, self._turn_started, self._unhealthy, self._doomed)
        self.execution = Execution(
            box, image.program, listener, self._owner.pod_ip, lambda argv: host.execute(box, argv)
        )  # fmt: skip
        self._owner.sync()
        if self._owner.going:
            self.execution.stop(self._owner.grace)
        code, reason = await self.execution.run()
        run.end(code, reason, now())
        self.record.ready = self.record.started = False
        self._restarts.forgive(box.age)
        self._owner.sync()
        return code

    def _box(self, run: Run, *, recalled: bool) -> Box:
        host, record = self._owner.host, self.record
        inputs = self._inputs()
        meta = self._owner.pod["metadata"]
        rng = random.Random(f"{host.world.seed}/{meta['name']}/{record.name}/{record.restarts}")
        return Box(
            host.world, self._owner.pod, record.spec, host.machine, record.spec["image"],
            inputs.environment(record.spec), inputs.files(record.spec), run.log, rng, run.started,
            record.restarts, recalled,
        )  # fmt: skip

    # -- what the run tells

    def _turn_ready(self, ready: bool) -> None:
        if self.record.ready != ready:
            self.record.ready = ready
            self._owner.sync()

    def _turn_started(self) -> None:
        self.up.set()
        if not self.record.started:
            self.record.started = True
            self._owner.sync()

    def _unhealthy(self, kind: str, text: str) -> None:
        self._tell("Warning", "Unhealthy", f"{kind.capitalize()} probe failed: {text}")

    def _doomed(self, text: str) -> None:
        self._tell("Normal", "Killing", text)
