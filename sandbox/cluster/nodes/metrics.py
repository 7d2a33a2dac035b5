"""metrics.k8s.io/v1beta1 objects, computed when asked for."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import timedelta

from sandbox.cluster.nodes.kubelet.worker import PodWorker
from sandbox.cluster.nodes.machines import Machine
from sandbox.cluster.nodes.objects import labels
from sandbox.cluster.nodes.programs.box import World
from sandbox.cluster.nodes.times import now, stamp
from sandbox.cluster.nodes.usage import cpu_nanos, memory_bytes
from sandbox.cluster.seams import Manifest, Objects

_VERSION = "metrics.k8s.io/v1beta1"
_SYSTEM_CPU = 85e6
_SYSTEM_MEMORY = 1_450 * 2**20


def _usage(nanos: float, size: float) -> Manifest:
    return {"cpu": f"{int(nanos)}n", "memory": f"{int(size) // 1024}Ki"}


def _headed(kind: str, meta: Manifest, window: str) -> Manifest:
    at = now()
    return {
        "kind": kind, "apiVersion": _VERSION, "metadata": {**meta, "creationTimestamp": stamp(at)},
        "timestamp": stamp(at - timedelta(seconds=at.timestamp() % 15)), "window": window,
    }  # fmt: skip


def pod_metrics(workers: Iterable[PodWorker], namespace: str | None) -> list[Manifest]:
    """PodMetrics of pods that run, by namespace and name."""
    found = []
    for worker in workers:
        meta = worker.pod["metadata"]
        if namespace not in (None, meta["namespace"]):
            continue
        containers = [
            {"name": loop.record.name, "usage": _usage(cpu_nanos(loop.execution.box), memory_bytes(loop.execution.box))}
            for loop in worker.loops()
            if loop.execution is not None and loop.record.running is not None
        ]
        if containers:
            head = {"name": meta["name"], "namespace": meta["namespace"], "labels": dict(labels(worker.pod))}
            found.append({**_headed("PodMetrics", head, "15.032s"), "containers": containers})
    return sorted(found, key=lambda m: (m["metadata"]["namespace"], m["metadata"]["name"]))


def node_metrics(
    store: Objects, machines: Iterable[Machine], workers: Iterable[PodWorker], world: World
) -> list[Manifest]:  # fmt: skip
    """NodeMetrics: what the pods use and what the system itself does."""
    running = list(workers)
    known = {n["metadata"]["name"]: n for n in store.list("nodes")}
    found = []
    for machine in machines:
        node = known.get(machine.name)
        if node is None:
            continue
        boxes = [
            loop.execution.box
            for worker in running
            if worker.host.machine is machine
            for loop in worker.loops()
            if loop.execution is not None and loop.record.running is not None
        ]
        swing = world.bridge.drift(f"system/{machine.name}", time.time(), 40)
        cpu = sum(map(cpu_nanos, boxes)) + _SYSTEM_CPU * (0.7 + 0.6 * swing)
        memory = sum(map(memory_bytes, boxes)) + _SYSTEM_MEMORY * (0.97 + 0.06 * swing)
        head = {"name": machine.name, "labels": dict(labels(node))}
        found.append({**_headed("NodeMetrics", head, "20.015s"), "usage": _usage(cpu, memory)})
    return found
