"""The nodes of the sandbox cluster: control loops, kubelets and programs, as one `Runtime`."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Coroutine, Iterator, Mapping
from typing import Any

from sandbox.cluster.nodes import metrics
from sandbox.cluster.nodes.controller import Controller
from sandbox.cluster.nodes.daemonset import DaemonSetController
from sandbox.cluster.nodes.deployment import DeploymentController
from sandbox.cluster.nodes.disruption import DisruptionController
from sandbox.cluster.nodes.endpoints import EndpointsController
from sandbox.cluster.nodes.estate.machines import MACHINES
from sandbox.cluster.nodes.estate.planting import Planting
from sandbox.cluster.nodes.job import JobController
from sandbox.cluster.nodes.kubelet.container import ContainerLoop
from sandbox.cluster.nodes.kubelet.host import Host
from sandbox.cluster.nodes.kubelet.kubelet import Kubelet
from sandbox.cluster.nodes.kubelet.logs import find_log
from sandbox.cluster.nodes.kubelet.worker import PodWorker
from sandbox.cluster.nodes.machines import Heart, NodeController
from sandbox.cluster.nodes.namespaces import NamespaceController
from sandbox.cluster.nodes.network import Network
from sandbox.cluster.nodes.programs import catalog
from sandbox.cluster.nodes.programs.box import Ask, Box, World
from sandbox.cluster.nodes.programs.bridge import Bridge
from sandbox.cluster.nodes.programs.knobs import Knobs
from sandbox.cluster.nodes.recorder import Recorder
from sandbox.cluster.nodes.replicaset import ReplicaSetController
from sandbox.cluster.nodes.scheduler import Scheduler
from sandbox.cluster.nodes.shell import run as shell
from sandbox.cluster.nodes.shell.process import ShellProcess, run_captured, run_to_log
from sandbox.cluster.seams import ConnectionRefused, HttpAnswer, LogLine, LogQuery, Manifest, Objects, Pace, Process

_START = 10.0


class Nodes:
    """Implements `seams.Runtime`. `start` seeds the estate; `stop` ends every task.

    `dial` maps (host, port) as pods know them to the (host, port) of a real server, or to None where packets are lost.
    """

    def __init__(self, store: Objects, pace: Pace, seed: int) -> None:
        self.store = store
        self.pace = pace
        self.knobs = Knobs()
        self.recorder = Recorder(store)
        self.network = Network(store, self._boxes)
        self.dial = self.network.dial
        self.world = World(seed, pace, Bridge(seed), self.knobs, self._run_to_log)
        self._rng = random.Random(seed)
        self.machines = [machine.fresh() for machine in MACHINES]
        self._kubelet = Kubelet({m.name: self._host(m) for m in self.machines})
        self._controllers = self._make_controllers()
        self._processes: set[ShellProcess] = set()
        self._tasks: list[asyncio.Task[None]] = []

    def _host(self, machine: Any) -> Host:
        pulled = {name for image in catalog.node_images() for name in image["names"]}
        return Host(machine, self.store, self.recorder, self.world, self._rng, self._run_captured, pulled)

    def _make_controllers(self) -> list[Controller]:
        common = (self.store, self.pace, self.recorder)
        plain = (
            DeploymentController, Scheduler, EndpointsController, DisruptionController, NamespaceController,
            NodeController,
        )  # fmt: skip
        makers = (ReplicaSetController, JobController, DaemonSetController)
        return [*(make(*common) for make in plain), *(make(*common, self._rng) for make in makers)]

    # -- life

    async def start(self) -> None:
        """Seed the estate and start every loop. All seeded workloads are Ready when it returns."""
        self.planting = Planting(self.store, self.recorder, self.machines, self._rng)
        await self.planting.plant()
        async with asyncio.timeout(_START):
            for controller in self._controllers:
                await controller.settle()
            await self._kubelet.recall(self.store.list("pods"))
        self._spawn(self._dispatch())
        for controller in self._controllers:
            self._spawn(controller.run())
        self._spawn(Heart(self.store, self.pace, self.machines, self.recorder.sweep).run())

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        self._tasks.append(asyncio.create_task(work))

    async def stop(self) -> None:
        """End every task; safe to call twice."""
        for process in tuple(self._processes):
            await process.kill()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()
        await self._kubelet.stop()

    async def _dispatch(self) -> None:
        watchers: list[Controller | Kubelet] = [*self._controllers, self._kubelet]
        keys = dict.fromkeys(key for watcher in watchers for key in watcher.watches)
        seen = 0
        async for change, key, obj in self.store.subscribe(*keys):
            for watcher in watchers:
                if key in watcher.watches:
                    watcher.observe(change, key, obj)
            seen += 1
            if seen % 20 == 0:
                await asyncio.sleep(0)

    # -- what runs

    def _worker(self, namespace: str, pod: str) -> PodWorker:
        worker = self._kubelet.find(namespace, pod)
        if worker is None:
            raise LookupError(f'pods "{pod}" not found')
        return worker

    def _boxes(self) -> Iterator[Box]:
        for worker in self._kubelet.workers():
            for loop in worker.loops():
                if loop.execution is not None and loop.record.running is not None:
                    yield loop.execution.box

    async def _run_to_log(self, box: Box, argv: list[str]) -> int:
        return await run_to_log(box, self.network, argv)

    async def _run_captured(self, box: Box, argv: list[str]) -> tuple[int, str]:
        return await run_captured(box, self.network, argv)

    # -- Runtime

    async def logs(self, namespace: str, pod: str, query: LogQuery) -> AsyncIterator[LogLine]:
        """See `Runtime`."""
        ring = find_log(self.store, self._kubelet, namespace, pod, query)
        async for line in ring.read(query):
            yield line

    async def exec(self, namespace: str, pod: str, container: str, argv: list[str], *, tty: bool) -> Process:
        """See `Runtime`."""
        loop = self._running(namespace, pod, container)
        box = loop.execution.box if loop.execution else None
        if box is None:
            raise LookupError(f'container not found ("{container}")')
        if shell.find(box, argv[0]) is None:
            raise FileNotFoundError(argv[0])
        self._processes = {process for process in self._processes if not process.done}
        process = ShellProcess(box, self.network, argv, tty=tty)
        self._processes.add(process)
        return process

    def _running(self, namespace: str, pod: str, container: str) -> ContainerLoop:
        loop = self._worker(namespace, pod).loop(container)
        if loop is None or loop.record.running is None or loop.execution is None:
            raise LookupError(f'container not found ("{container}")')
        return loop

    async def http(
        self, namespace: str, pod: str, port: int, method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> HttpAnswer:
        """See `Runtime`."""
        worker = self._kubelet.find(namespace, pod)
        for loop in worker.loops() if worker else ():
            if loop.execution is not None and port in loop.execution.box.listening:
                return loop.execution.program.answer(loop.execution.box, Ask(port, method, path, headers, body))
        raise ConnectionRefused(f"dial tcp {worker.pod_ip if worker else pod}:{port}: connect: connection refused")

    def node_metrics(self) -> list[Manifest]:
        """See `Runtime`."""
        return metrics.node_metrics(self.store, self.machines, self._kubelet.workers(), self.world)

    def pod_metrics(self, namespace: str | None) -> list[Manifest]:
        """See `Runtime`."""
        return metrics.pod_metrics(self._kubelet.workers(), namespace)
