"""Live logs of pods, merged by time: they survive pod replacement and API cuts, and count what they lose."""

from __future__ import annotations

import asyncio
import re
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import UTC, datetime

import msgspec

from providers.core.backoff import Backoff
from providers.core.errors import BackendError, Denied, NotFound
from providers.kube.client import KubeClient
from providers.kube.impact import pods_of
from providers.kube.selectors import Selector
from providers.kube.values import Pod
from providers.kube.watch import Skipped, lines_of

LONGEST_LINE = 1024 * 1024
QUEUE = 20_000
"""Lines that wait for their reader; more than that and the oldest are dropped and counted."""
GATHER = 0.15
"""Seconds in which lines of several streams are gathered and put into order."""
LOOK_AROUND = 2.0
_GONE = re.compile(rb"^unable to retrieve container logs for ")
_STAMP = re.compile(rb"^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?Z ")


class LogLine(msgspec.Struct, frozen=True, gc=False):
    """One line: `stamp` is the server's own time text (sorts as it reads), `text` the raw bytes after it."""

    pod: str
    container: str
    stamp: bytes
    text: bytes


class LogState(msgspec.Struct, frozen=True):
    """The truth about one read: streams by state, and what was lost or left out."""

    streams: dict[str, str]
    dropped: int
    skipped: int
    duplicates: int


class LogBatch(msgspec.Struct, frozen=True):
    """Lines in order of time, and the state after them."""

    lines: tuple[LogLine, ...]
    state: LogState


class LogTarget(msgspec.Struct, frozen=True):
    """Which logs: one pod by `pod`, or every pod that `selector` chooses. `container` "" means all."""

    namespace: str
    pod: str = ""
    selector: str = ""
    container: str = ""
    previous: bool = False
    tail: int | None = 500
    since: int | None = None
    """Seconds back from now; None: as far as `tail` allows."""
    follow: bool = True


class LogSource:
    """One reader of a target. `batches` may be called once."""

    def __init__(self, client: KubeClient, target: LogTarget) -> None:
        self._client = client
        self._target = target
        self._queue: deque[LogLine] = deque()
        self._stir = asyncio.Event()
        self._streams: dict[tuple[str, str], asyncio.Task[None]] = {}
        self._states: dict[str, str] = {}
        self._dropped = 0
        self._duplicates = 0
        self._skipped = Skipped()
        self._complete = False

    async def batches(self) -> AsyncGenerator[LogBatch, None]:
        """Yield until everything has ended (never, while following a selector). Raises what keeps it from beginning."""
        await self._discover(first=True)
        around = asyncio.create_task(self._look_around(), name="log discovery")
        try:
            while not (self._complete and not self._queue):
                self._complete = self._over()
                if not self._complete:
                    await self._stir.wait()
                    await asyncio.sleep(GATHER)
                self._stir.clear()
                yield self._take()
        finally:
            for task in (around, *self._streams.values()):
                task.cancel()
            await asyncio.gather(around, *self._streams.values(), return_exceptions=True)

    def _take(self) -> LogBatch:
        lines = sorted(self._queue, key=lambda line: line.stamp)
        self._queue.clear()
        state = LogState(dict(self._states), self._dropped, self._skipped.lines, self._duplicates)
        return LogBatch(tuple(lines), state)

    def _over(self) -> bool:
        return (not self._target.follow or bool(self._target.pod)) and all(t.done() for t in self._streams.values())

    async def _look_around(self) -> None:
        """Pods come and go: new ones are followed from their first line."""
        while self._target.follow and not self._target.pod and not self._target.previous:
            await asyncio.sleep(LOOK_AROUND)
            try:
                await self._discover(first=False)
            except BackendError as error:
                self._states["pods"] = f"cannot list: {error.message}"
            else:
                self._states.pop("pods", None)
            self._stir.set()

    async def _discover(self, *, first: bool) -> None:
        for pod in await self._pods():
            for container in pod.containers:
                key = (pod.name, container.name)
                wanted = not self._target.container or container.name == self._target.container
                if wanted and key not in self._streams and container.state in {"running", "terminated", "waiting"}:
                    work = self._follow(pod.name, container.name, self._target.tail if first else None)
                    self._streams[key] = asyncio.create_task(work, name=f"log {pod.name}/{container.name}")

    async def _pods(self) -> tuple[Pod, ...]:
        if not self._target.pod:
            equal = {t.key: next(iter(t.values)) for t in Selector.parse(self._target.selector).terms if t.values}
            return await pods_of(self._client, self._target.namespace, equal)
        found = [p for p in await pods_of(self._client, self._target.namespace, {}) if p.name == self._target.pod]
        if not found:
            raise NotFound(f"there is no pod {self._target.pod}", source=self._client.source)
        return tuple(found)

    async def _follow(self, pod: str, container: str, tail: int | None) -> None:
        """One container's log until it ends for good; a cut is resumed at the last time seen, without repeating."""
        resume = Resume()
        label, backoff, attempt = f"{pod}/{container}", Backoff(cap=8.0), 0
        while True:
            self._state(label, "live")
            try:
                if not await self._read(pod, container, tail, resume):
                    self._state(label, "no log: the container is gone")
                    return
                ended = await self._ended(pod, container)
            except Denied as error:
                self._state(label, f"denied: {error.permission or error.message}")
                return
            except NotFound:
                self._state(label, "ended")
                return
            except BackendError as error:
                self._state(label, f"reconnecting: {error.message}")
                ended = False
            if ended or not self._target.follow or self._target.previous:
                self._state(label, "ended")
                return
            attempt = 0 if resume.moved() else attempt + 1
            await asyncio.sleep(backoff.delay(attempt))

    async def _read(self, pod: str, container: str, tail: int | None, resume: Resume) -> bool:
        """One request to its end; False when the kubelet only says that it has no log."""
        path = f"/api/v1/namespaces/{self._target.namespace}/pods/{pod}/log"
        async with aclosing(self._client.stream(path, self._params(container, tail, resume), idle=None)) as chunks:
            async for line in lines_of(chunks, self._skipped, LONGEST_LINE):
                if _GONE.match(line):
                    return False
                found = _STAMP.match(line)
                stamp = found[0][:-1] if found else resume.stamp
                if found and resume.repeats(stamp, line):
                    self._duplicates += 1
                    continue
                self._put(LogLine(pod, container, stamp, line[found.end() :] if found else line))
        return True

    def _params(self, container: str, tail: int | None, resume: Resume) -> dict[str, str | int]:
        params: dict[str, str | int] = {"container": container, "timestamps": "true"}
        if self._target.previous:
            params["previous"] = "true"
        elif self._target.follow:
            params["follow"] = "true"
        if resume.stamp:
            params["sinceTime"] = resume.stamp.decode()
        elif self._target.since is not None:
            params["sinceSeconds"] = self._target.since
        if tail is not None and not resume.stamp and self._target.since is None:
            params["tailLines"] = tail
        return params

    async def _ended(self, pod: str, container: str) -> bool:
        """A stream that ends says nothing of why: only the pod tells whether there will be more."""
        found = next((p for p in await pods_of(self._client, self._target.namespace, {}) if p.name == pod), None)
        here = next((c for c in found.containers if c.name == container), None) if found else None
        return found is None or here is None or found.status in {"Completed", "Error", "Succeeded", "Failed"}

    def _put(self, line: LogLine) -> None:
        if len(self._queue) >= QUEUE:
            self._queue.popleft()
            self._dropped += 1
        self._queue.append(line)
        self._stir.set()

    def _state(self, label: str, state: str) -> None:
        self._states[label] = state
        self._stir.set()


class Resume:
    """Where one container's log was left: its newest stamp, and the lines that bear it."""

    def __init__(self) -> None:
        self.stamp = b""
        self._at_stamp: set[bytes] = set()
        self._mark = b""

    def repeats(self, stamp: bytes, line: bytes) -> bool:
        """Whether this line was seen before a reconnect; takes note of it otherwise."""
        if stamp < self.stamp or (stamp == self.stamp and line in self._at_stamp):
            return True
        if stamp != self.stamp:
            self.stamp, self._at_stamp = stamp, set()
        self._at_stamp.add(line)
        return False

    def moved(self) -> bool:
        """Whether lines came since this was asked last."""
        moved, self._mark = self.stamp != self._mark, self.stamp
        return moved


def moment(stamp: bytes) -> datetime | None:
    """The time of a stamp (UTC, to the microsecond)."""
    try:
        return datetime.fromisoformat(stamp[:26].decode().rstrip("Z")).replace(tzinfo=UTC)
    except ValueError:
        return None
