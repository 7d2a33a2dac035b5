"""The shape of every control loop: a queue of keys, and one function that brings one key to where it should be."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import ClassVar

from sandbox.cluster.errors import Conflict, NotFound
from sandbox.cluster.nodes.recorder import Recorder
from sandbox.cluster.seams import Manifest, Objects, Pace

_log = logging.getLogger(__name__)


class WorkQueue:
    """Keys to look at, each at most once; later ones wait on one timer each."""

    def __init__(self) -> None:
        self._ready: dict[str, None] = {}
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._wake = asyncio.Event()

    def add(self, key: str) -> None:
        """Look at `key` soon."""
        self._ready[key] = None
        self._wake.set()

    def add_after(self, key: str, seconds: float) -> None:
        """Look at `key` in that many seconds of the wall; an earlier appointment stands."""
        loop = asyncio.get_running_loop()
        held = self._timers.get(key)
        if held is not None and not held.cancelled() and held.when() <= loop.time() + seconds:
            return
        if held is not None:
            held.cancel()
        self._timers[key] = loop.call_later(seconds, self._due, key)

    def _due(self, key: str) -> None:
        self._timers.pop(key, None)
        self.add(key)

    @property
    def pending(self) -> bool:
        """Whether a key is to be looked at now."""
        return bool(self._ready)

    async def get(self) -> str:
        """Wait for the next key."""
        while not self._ready:
            self._wake.clear()
            await self._wake.wait()
        key = next(iter(self._ready))
        del self._ready[key]
        return key

    def close(self) -> None:
        """Drop every appointment."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()


class Controller:
    """Level-triggered: `observe` only queues keys, `reconcile` reads the store and acts."""

    watches: ClassVar[tuple[str, ...]] = ()
    """Store keys whose changes it wants to see."""
    component: ClassVar[str] = ""
    """Its name as the source of events."""

    def __init__(self, store: Objects, pace: Pace, recorder: Recorder) -> None:
        self.store = store
        self.pace = pace
        self.recorder = recorder
        self.queue = WorkQueue()

    def observe(self, change: str, key: str, obj: Manifest) -> None:
        """Turn one change of the store into keys of the queue."""
        raise NotImplementedError

    def reconcile(self, key: str) -> None:
        """Bring one object to where it should be. Must not wait."""
        raise NotImplementedError

    async def settle(self) -> None:
        """Look at everything that is there once."""
        for key in self.watches:
            for obj in self.store.list(key):
                self.observe("ADDED", key, obj)
        while self.queue.pending:
            self._attempt(await self.queue.get())
            await asyncio.sleep(0)

    async def run(self) -> None:
        """Work until cancelled; a failure of one key is logged and tried again."""
        try:
            while True:
                self._attempt(await self.queue.get())
                await asyncio.sleep(0)
        finally:
            self.queue.close()

    def _attempt(self, key: str) -> None:
        try:
            self.reconcile(key)
        except NotFound:
            pass
        except Conflict:
            self.queue.add_after(key, 0.02)
        except Exception:  # noqa: BLE001 - a control loop outlives whatever one key does to it
            _log.exception("%s failed on %s", type(self).__name__, key)
            self.queue.add_after(key, 1.0)

    def modify(
        self, key: str, obj: Manifest, change: Callable[[Manifest], None], *, subresource: str | None = None
    ) -> Manifest:
        """Change the newest version of `obj` in the store."""
        meta = obj["metadata"]
        return self.store.modify(key, meta.get("namespace"), meta["name"], change, subresource=subresource)

    def event(self, obj: Manifest, kind: str, reason: str, message: str) -> None:
        """Record an event about `obj`, from this component."""
        self.recorder.record(obj, kind, reason, message, component=self.component)
