"""The life of one container: pull, configure, run, back off, run again."""

from __future__ import annotations

import asyncio
import random

from sandbox.cluster.nodes.kubelet.backoff import BackOff, spelled
from sandbox.cluster.nodes.kubelet.execution import Execution, Listener
from sandbox.cluster.nodes.kubelet.inputs import Inputs, MissingInput
from sandbox.cluster.nodes.kubelet.logring import LogRing
from sandbox.cluster.nodes.kubelet.owner import Owner
from sandbox.cluster.nodes.kubelet.pull import Pull
from sandbox.cluster.nodes.kubelet.record import ContainerRecord, Run
from sandbox.cluster.nodes.programs import catalog
from sandbox.cluster.nodes.programs.box import Box
from sandbox.cluster.nodes.times import now

_SHOWN = 1.2
_SYNC = 12.0


class ContainerLoop:
    """Drives one `ContainerRecord`. `run` returns the last exit code, None when the pod ended before it ran."""

    def __init__(self, owner: Owner, record: ContainerRecord, *, init: bool = False) -> None:
        self._owner = owner
        self.record = record
        self._init = init
        self._restarts = BackOff()
        self._pull = Pull(owner, record, self._tell, self._wait)
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
            if await self._pull.pull() or await self._launch_waits():
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
