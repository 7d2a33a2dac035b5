"""A log source that is read in the background, as a screen does."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, asynccontextmanager
from typing import Any

from providers.kube.logs import LogBatch, LogSource, LogState, LogTarget
from providers.kube.provider import Kube
from providers.logs.line import Line
from providers.logs.screening import Screening


class Reader:
    """What has come so far: `lines` and the newest `state`; `cuts` is how often a stream was seen to reconnect."""

    def __init__(self, batches: AsyncGenerator[LogBatch, None]) -> None:
        self.lines: list[Line] = []
        self.state = LogState()
        self.cuts = 0
        self._batches = batches
        self._changed = asyncio.Event()

    async def run(self) -> None:
        async with aclosing(self._batches) as batches:
            async for batch in batches:
                self.lines += batch.lines
                self._count_cuts(batch.state)
                self.state = batch.state
                self._changed.set()

    def _count_cuts(self, state: LogState) -> None:
        before = {stream.origin for stream in self.state.streams if stream.state == "reconnecting"}
        now = {stream.origin for stream in state.streams if stream.state == "reconnecting"}
        self.cuts += len(now - before)

    async def until(self, met: Callable[[], Any], seconds: float = 30.0) -> None:
        try:
            async with asyncio.timeout(seconds):
                while not met():
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            raise AssertionError(f"{len(self.lines)} lines, {self.state}") from None

    def texts(self) -> Counter[bytes]:
        return Counter(line.text for line in self.lines)

    def states(self) -> Counter[str]:
        return Counter(stream.state for stream in self.state.streams)


@asynccontextmanager
async def reading(
    kube: Kube, target: LogTarget, screening: Screening | None = None, *, lossless: bool = False
) -> AsyncGenerator[Reader, None]:
    reader = Reader(LogSource(kube.client, kube.pods, target, screening, lossless=lossless).batches())
    task = asyncio.create_task(reader.run())
    try:
        yield reader
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
