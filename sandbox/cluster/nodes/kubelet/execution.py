"""One run of one container: its program, its probes and its memory, until one of them ends it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from sandbox.cluster.nodes.kubelet.probes import Probe, Prober
from sandbox.cluster.nodes.programs.box import Box, Program

KILLED = 137
_UNHEALTHY = 0.9


@dataclass
class Listener:
    """Who hears what happens to a run."""

    ready: Callable[[bool], None]
    started: Callable[[], None]
    unhealthy: Callable[[str, str], None]
    doomed: Callable[[str], None]


class Execution:
    """`run` returns (exit code, reason). Stop it with `stop`; it kills what does not end within the grace."""

    def __init__(
        self, box: Box, program: Program, listener: Listener, pod_ip: str,
        execute: Callable[[list[str]], Awaitable[tuple[int, str]]],
    ) -> None:  # fmt: skip
        self.box = box
        self.program = program
        self._listener = listener
        self._pod_ip = pod_ip
        self._execute = execute
        self._grace = 30.0
        self._tasks: list[asyncio.Task[None]] = []

    def stop(self, grace: float) -> None:
        """Send SIGTERM; `grace` is in seconds of the cluster's time."""
        self._grace = grace
        self.box.stopping.set()

    async def run(self) -> tuple[int, str]:
        """Run to the end."""
        main = asyncio.ensure_future(self.program.run(self.box))
        starved = asyncio.ensure_future(self._starve())
        self._tasks.append(asyncio.create_task(self._probe()))
        stopping = asyncio.ensure_future(self.box.stopping.wait())
        try:
            await asyncio.wait({main, starved, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if starved.done():
                return KILLED, "OOMKilled"
            return await self._ending(main)
        finally:
            await _cancel(main, starved, stopping, *self._tasks)
            self.box.listening.clear()

    async def _ending(self, main: asyncio.Task[int]) -> tuple[int, str]:
        with suppress(TimeoutError):
            async with asyncio.timeout(self.box.world.pace.seconds(self._grace)):
                code = await main
            return code, "Completed" if code == 0 else "Error"
        return KILLED, "Error"

    # -- memory

    async def _starve(self) -> None:
        """Return when the container needs more memory than its limit."""
        box, limit = self.box, self.box.memory_limit
        base = self.program.base_memory
        while True:
            if limit is None or not (box.setting.hungry or base > limit * _UNHEALTHY):
                await box.world.knobs.turned()
            elif box.memory(base) >= limit:
                return
            else:
                await asyncio.sleep(max(0.1, box.world.pace.seconds(1.0)))

    # -- probes

    async def _probe(self) -> None:
        recalled = self.box.recalled
        if startup := self._prober("startup", self._startup_failed):
            await startup.run(settled=None, until=True)
        self._listener.started()
        if liveness := self._prober("liveness", self._liveness_turned):
            self._spawn(liveness.run(settled=True if recalled else None))
        if readiness := self._prober("readiness", self._listener.ready):
            self._spawn(readiness.run(settled=True if recalled else None))
        else:
            self._listener.ready(True)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        self._tasks.append(asyncio.create_task(work))

    def _prober(self, kind: str, turn: Callable[[bool], None]) -> Prober | None:
        spec = self.box.container.get(f"{kind}Probe")
        if not spec or (kind == "startup" and self.box.recalled):
            return None
        probe = Probe(kind, spec, self.program, self.box, self._pod_ip, self._execute)
        return Prober(probe, self._listener.unhealthy, turn)

    def _startup_failed(self, well: bool) -> None:
        if not well:
            self._doom("startup")

    def _liveness_turned(self, well: bool) -> None:
        if not well:
            self._doom("liveness")

    def _doom(self, kind: str) -> None:
        if not self.box.stopping.is_set():
            self._listener.doomed(f"Container {self.box.container['name']} failed {kind} probe, will be restarted")
            self.stop(float(self.box.pod["spec"].get("terminationGracePeriodSeconds", 30)))


async def _cancel(*tasks: asyncio.Future[Any]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
