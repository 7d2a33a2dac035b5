"""The kubelets of all nodes: a worker for each pod that is bound to one of them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from typing import ClassVar

from sandbox.cluster.nodes.kubelet.host import Host
from sandbox.cluster.nodes.kubelet.worker import PodWorker
from sandbox.cluster.nodes.objects import is_going
from sandbox.cluster.seams import Manifest

_log = logging.getLogger(__name__)


class Kubelet:
    """Starts, ends and finds pod workers; owns their tasks."""

    watches: ClassVar[tuple[str, ...]] = ("pods",)

    def __init__(self, hosts: dict[str, Host]) -> None:
        self.hosts = hosts
        self._workers: dict[str, PodWorker] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._dying: set[asyncio.Task[None]] = set()

    def observe(self, change: str, key: str, obj: Manifest) -> None:
        """Follow one change of a pod."""
        uid = obj["metadata"]["uid"]
        if change == "DELETED":
            self._drop(uid)
            return
        host = self.hosts.get(obj["spec"].get("nodeName") or "")
        if host is None:
            return
        if uid not in self._workers:
            self._begin(uid, PodWorker(host, obj))
        if is_going(obj):
            self._workers[uid].terminate()

    async def recall(self, pods: Iterable[Manifest]) -> None:
        """Take over pods that ran before, one by one: each writes the log of its last minutes first."""
        for pod in pods:
            self.observe("ADDED", "pods", pod)
            worker = self._workers.get(pod["metadata"]["uid"])
            if worker is not None:
                await worker.settled()

    def _begin(self, uid: str, worker: PodWorker) -> None:
        self._workers[uid] = worker
        task = asyncio.create_task(worker.run(), name=f"pod {worker.pod['metadata']['name']}")
        task.add_done_callback(self._note)
        self._tasks[uid] = task

    @staticmethod
    def _note(task: asyncio.Task[None]) -> None:
        if not task.cancelled() and task.exception() is not None:
            _log.error("%s failed", task.get_name(), exc_info=task.exception())

    def _drop(self, uid: str) -> None:
        self._workers.pop(uid, None)
        task = self._tasks.pop(uid, None)
        if task is not None and not task.done():
            task.cancel()
            self._dying.add(task)
            task.add_done_callback(self._dying.discard)

    def find(self, namespace: str, pod: str) -> PodWorker | None:
        """The worker of a pod by name."""
        for worker in self._workers.values():
            meta = worker.pod["metadata"]
            if meta["name"] == pod and meta["namespace"] == namespace:
                return worker
        return None

    def workers(self) -> list[PodWorker]:
        """All workers."""
        return list(self._workers.values())

    async def stop(self) -> None:
        """Kill every pod; the store keeps them."""
        tasks = [*self._tasks.values(), *self._dying]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._tasks.clear()
        self._workers.clear()
