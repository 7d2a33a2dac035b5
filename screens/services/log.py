"""The log view: lines flow from the core's thread through one bounded hand-over, drained at most ten times a second."""

from __future__ import annotations

import asyncio
from collections import deque
from concurrent.futures import Future
from contextlib import aclosing

from textual.app import ComposeResult
from textual.screen import Screen
from textual.widgets import Footer

from providers.core.errors import FusionError
from providers.core.runtime import Core
from providers.kube.client import KubeClient
from providers.kube.logs import LogBatch, LogSource, LogTarget
from tui.filter import Filter
from tui.tail import Tail

DRAIN_EVERY = 0.1
WAITING_BATCHES = 64


class LogScreen(Screen[None]):
    """Reads while it is open; closing it closes every stream."""

    places = ("tail",)

    def __init__(self, core: Core, client: KubeClient, target: LogTarget, capacity: int) -> None:
        super().__init__()
        self._core = core
        self._client = client
        self._target = target
        what = target.pod or target.selector
        self._tail = Tail(f"{'previous log' if target.previous else 'log'} {what}", capacity)
        self._batches: deque[LogBatch] = deque()
        self._failure = ""
        self._reading: Future[None] | None = None

    def compose(self) -> ComposeResult:
        yield self._tail
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        self._tail.focus()
        self._reading = self._core.submit(self._read())
        self.set_interval(DRAIN_EVERY, self._drain)

    def on_unmount(self) -> None:
        if self._reading is not None:
            self._reading.cancel()

    @property
    def filter(self) -> Filter:
        return self._tail.filter

    def set_filter(self, chosen: Filter) -> None:
        self._tail.set_filter(chosen)

    async def _read(self) -> None:
        """On the core's loop. When the screen does not keep up, the source's own bounded queue drops and counts."""
        try:
            async with aclosing(LogSource(self._client, self._target).batches()) as batches:
                async for batch in batches:
                    while len(self._batches) >= WAITING_BATCHES:  # noqa: ASYNC110 - the other side is another thread
                        await asyncio.sleep(DRAIN_EVERY)
                    self._batches.append(batch)
        except FusionError as error:
            self._failure = f"{error.message}{' — ' + error.fix if error.fix else ''}"

    def _drain(self) -> None:
        taken = 0
        while self._batches and taken < 5000:
            batch = self._batches.popleft()
            taken += len(batch.lines)
            self._tail.append(batch)
        if self._failure and not self._batches:
            self._tail.fail(self._failure)
            self._failure = ""
