"""Live logs of pods, merged by time: they survive pod replacement and API cuts, and count what they lose."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, suppress
from itertools import chain
from typing import Final

import msgspec

from providers.core.errors import NotFound
from providers.core.feed import Feed, Reading
from providers.kube.client import KubeClient
from providers.kube.logstream import LogStream, LogTarget, StreamState
from providers.kube.logwire import Unread
from providers.kube.selectors import Selector
from providers.kube.values import Pod
from providers.logs.gap import Gap
from providers.logs.line import Line, Origin
from providers.logs.merge import Merge
from providers.logs.screening import Screening

__all__ = ["LogBatch", "LogSource", "LogState", "LogTarget", "StreamState"]

GATHER: Final = 0.1
"""Seconds in which lines are gathered into one batch."""
WAITING: Final = 50_000
"""Lines that wait for their reader."""
_KNOWN: Final = 512
"""Ended streams that are remembered."""


class LogState(msgspec.Struct, frozen=True):
    """The truth about one read, counted since its beginning.

    `received` came in; of those `screened` were left out by the screening, `dropped` because nobody took them in time,
    and `repeats` had come before a cut. `late` came after younger ones, `shortened` were too long to be kept whole,
    `gaps` counts the places where lines are missing or probably are, `unsure` those where a rotation hides whether any
    are, and `places` are the newest of both. `pods` says why new pods cannot be seen just now.
    """

    streams: tuple[StreamState, ...] = ()
    received: int = 0
    screened: int = 0
    dropped: int = 0
    repeats: int = 0
    late: int = 0
    shortened: int = 0
    gaps: int = 0
    unsure: int = 0
    pods: str = ""
    places: tuple[Gap, ...] = ()


class LogBatch(msgspec.Struct, frozen=True):
    """Lines in order of time, and the state after them."""

    lines: Sequence[Line]
    state: LogState


class _Sight:
    """The pods as a feed knows them."""

    def __init__(self, feed: Feed[tuple[Pod, ...]]) -> None:
        self.reading: Reading[tuple[Pod, ...]] = Reading()
        self._feed = feed
        self._pods: dict[str, Pod] = {}
        self._change = asyncio.Event()

    @property
    def proved(self) -> float:
        return self.reading.seen if self.reading.state == "live" else float("-inf")

    def pod(self, uid: str) -> Pod | None:
        return self._pods.get(uid)

    async def changed(self, timeout: float) -> None:
        change = self._change
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                await change.wait()

    def take(self, reading: Reading[tuple[Pod, ...]]) -> None:
        self.reading = reading
        self._pods = {pod.uid: pod for pod in reading.value or ()}
        change, self._change = self._change, asyncio.Event()
        change.set()


class LogSource:
    """One reader of a target. `batches` may be called once.

    `pods` is the feed of the target's namespace. With `lossless` a slow reader slows the streams down; without, the
    oldest waiting lines give way and are counted.
    """

    def __init__(
        self, client: KubeClient, pods: Feed[tuple[Pod, ...]], target: LogTarget, screening: Screening | None = None,
        *, lossless: bool = False,
    ) -> None:  # fmt: skip
        self._client = client
        self._pods = pods
        self._target = target
        self._screening = screening or Screening()
        self._lossless = lossless
        self._selector = Selector.parse(target.selector)
        self._sight = _Sight(pods)
        self._merge = Merge(WAITING if not lossless else 1 << 40)
        self._streams: dict[Origin, LogStream] = {}
        self._tasks: dict[Origin, asyncio.Task[None]] = {}
        self._stir = asyncio.Event()
        self._room = asyncio.Event()
        self._received = 0
        self._screened = 0
        self._past = LogState()

    async def batches(self) -> AsyncGenerator[LogBatch, None]:
        """Yield until everything has ended (never, while following a selector). Raises what keeps it from beginning."""
        await self._pods.first()
        around = asyncio.create_task(self._look_around(), name="log discovery")
        try:
            self._discover(self._pods.latest, first=True)
            if self._target.pod and not self._streams:
                raise NotFound(f"there is no pod {self._target.pod}", source=self._client.source)
            over = False
            while not over:
                # Not wait_for: before Python 3.12 it may swallow the cancellation of whoever leaves.
                with suppress(TimeoutError):
                    async with asyncio.timeout(1.0):
                        await self._stir.wait()
                await asyncio.sleep(GATHER)
                self._stir.clear()
                over = self._over() and not around.done()
                yield self._take(last=over)
        finally:
            for task in (around, *self._tasks.values()):
                task.cancel()
            await asyncio.gather(around, *self._tasks.values(), return_exceptions=True)

    def _take(self, *, last: bool) -> LogBatch:
        lines = self._merge.take(float("inf") if last else time.monotonic())
        self._room.set()
        if self._merge.waiting:
            self._stir.set()
        return LogBatch(lines, self._state())

    def _state(self) -> LogState:
        past, reading = self._past, self._sight.reading
        logs = [stream.log for stream in self._streams.values()]
        return LogState(
            tuple(log.state for log in logs), self._received, self._screened, self._merge.dropped,
            past.repeats + sum(log.resume.repeats for log in logs), self._merge.late,
            past.shortened + sum(log.splitter.shortened for log in logs),
            past.gaps + sum(log.gaps.lost for log in logs), past.unsure + sum(log.gaps.unsure for log in logs),
            reading.fault.message if reading.fault else "", tuple(chain.from_iterable(log.gaps.places for log in logs)),
        )  # fmt: skip

    def _over(self) -> bool:
        return (not self._target.follow or bool(self._target.pod)) and all(t.done() for t in self._tasks.values())

    async def _look_around(self) -> None:
        """Pods come and go: new ones are followed from their first line."""
        async with aclosing(self._pods.readings()) as readings:
            async for reading in readings:
                self._discover(reading, first=False)

    def _discover(self, reading: Reading[tuple[Pod, ...]], *, first: bool) -> None:
        self._sight.take(reading)
        for pod in reading.value or ():
            if self._chosen(pod) and (first or (self._target.follow and not self._target.previous)):
                for container in pod.containers:
                    if not self._target.container or container.name == self._target.container:
                        self._begin(Origin(pod.name, container.name, pod.uid), self._target.tail if first else None)
        self._forget()
        self._stir.set()

    def _chosen(self, pod: Pod) -> bool:
        return pod.name == self._target.pod if self._target.pod else self._selector.matches(pod.labels)

    def _begin(self, origin: Origin, tail: int | None) -> None:
        if origin in self._streams:
            return
        self._merge.open(origin, time.monotonic())
        stream = LogStream(self._client, self._target, origin, self._sight, tail, self._put)
        self._streams[origin] = stream
        task = asyncio.create_task(stream.run(), name=f"log {origin.label}")
        task.add_done_callback(lambda _: self._ended(origin))
        self._tasks[origin] = task

    def _ended(self, origin: Origin) -> None:
        self._merge.close(origin)
        self._stir.set()

    def _forget(self) -> None:
        """A deployment that is replaced for days must not fill the memory with the pods that it had."""
        gone = [o for o, task in self._tasks.items() if task.done() and self._sight.pod(o.life) is None]
        for origin in gone[: max(0, len(self._streams) - _KNOWN)]:
            stream = self._streams.pop(origin)
            del self._tasks[origin]
            past = self._past
            self._past = msgspec.structs.replace(
                past, repeats=past.repeats + stream.log.resume.repeats, gaps=past.gaps + stream.log.gaps.lost,
                unsure=past.unsure + stream.log.gaps.unsure,
                shortened=past.shortened + stream.log.splitter.shortened,
            )  # fmt: skip

    def _kept(self, lines: Sequence[Line]) -> Sequence[Line]:
        if isinstance(lines, Unread):
            places = self._screening.candidates(lines.raws)
            lines = [lines[place] for place in places] if len(places) < len(lines) else lines
        return self._screening.kept(lines)

    async def _put(self, origin: Origin, lines: Sequence[Line]) -> None:
        kept = self._kept(lines) if self._screening else lines
        self._received += len(lines)
        self._screened += len(lines) - len(kept)
        self._merge.put(origin, kept, time.monotonic())
        self._stir.set()
        while self._lossless and self._merge.waiting > WAITING:
            self._room.clear()
            await self._room.wait()
