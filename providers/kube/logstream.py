"""One container's log, read on through cuts and restarts until it ends for good."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from providers.core.backoff import Backoff
from providers.core.errors import BackendError, Denied, Garbled, Invalid, NotFound, Unreachable
from providers.core.text import clean
from providers.kube.client import KubeClient
from providers.kube.logwatch import SMALLEST, LogWatch, Sight
from providers.kube.logwire import LogTarget, Unread, log_params
from providers.kube.values import Container, Pod
from providers.logs.gap import Gap
from providers.logs.line import Line, Origin, moment
from providers.logs.resume import Resume
from providers.logs.splitter import Splitter

__all__ = ["LogStream", "LogTarget", "Put", "Sight", "StreamState"]

_GONE: Final = b"unable to retrieve container logs for "
FRESH: Final = 5.0
"""Seconds to wait, after a log ended, for the cluster to say what became of its container."""
WAITS: Final = 15.0
"""Seconds after which a log is asked for again although nothing is known of its container."""
_PLACES: Final = 50
"""Gaps whose place is remembered."""
_WHOLE: Final = 2
_FINISHED: Final = frozenset({"Completed", "Error", "Succeeded", "Failed"})


class StreamState(msgspec.Struct, frozen=True):
    """The truth about one log. `state`: live, waiting, reconnecting, ended or denied; `detail` says why.

    `lag` is how long the newest line had been written when it arrived, in seconds by the cluster's clock.
    """

    origin: Origin
    state: str
    detail: str = ""
    lag: float | None = None


class _LeftBehind(Unreachable):
    """The log went on without the stream."""


Put = Callable[[Origin, Sequence[Line]], Awaitable[None]]


class LogStream:
    """`run` ends when the log has ended for good. `put` takes lines in order and may be slow: then reading is, too."""

    def __init__(
        self, client: KubeClient, target: LogTarget, origin: Origin, sight: Sight, tail: int | None, put: Put
    ) -> None:
        self.origin = origin
        self.state = StreamState(origin, "waiting", "connecting")
        self.resume = Resume()
        self.splitter = Splitter()
        self.gaps = 0
        """How often lines were lost, or probably were."""
        self.unsure = 0
        """How often nobody can tell, because a file was rotated."""
        self.places: deque[Gap] = deque(maxlen=_PLACES)
        self._path = f"/api/v1/namespaces/{target.namespace}/pods/{origin.name}/log"
        self._watch = LogWatch(client, self._path, origin, sight, self.resume, self._rotated)
        self._behind = False
        """Whether the last stream was left because the log went on without it."""
        self._client = client
        self._target = target
        self._sight = sight
        self._tail = tail
        self._put = put
        self._restarts = 0
        self._ends = 0
        """How often in a row it ended by itself; the second time it brought nothing new, and is whole."""
        self._ahead = ""

    async def run(self) -> None:
        """Read until the container is gone, or may not be read. Never raises a BackendError."""
        backoff, attempt, cut = Backoff(first=0.2, cap=8.0), 0, True
        while True:
            newest = self.resume.newest
            try:
                await self._catch_up()
                await self._read(previous=self._target.previous)
                self._ends = self._ends + 1 if self.resume.newest == newest else 1
                cut = self._behind = False
            except Denied as error:
                self._is("denied", error.permission or error.message)
                break
            except NotFound:
                # After a log that ended by itself nothing more was to come.
                self._removed(cut=cut)
                break
            except Invalid as error:
                self._is("waiting", error.message)
            except Garbled as error:
                # Its log is gone already. Whether that is a loss depends on how the reading before ended.
                self._is("reconnecting" if cut else "waiting", error.message)
            except _LeftBehind as error:
                cut, self._ends, self._behind = True, 0, True
                self._is("reconnecting", error.message)
                continue
            except BackendError as error:
                cut, self._ends, self._behind = True, 0, False
                self._is("reconnecting", error.message)
            if not self._target.follow or self._target.previous:
                await self._over()
                break
            ended = time.monotonic()
            await asyncio.sleep(backoff.delay(attempt))
            if not await self._goes_on(ended, cut):
                break
            attempt = 0 if self.resume.newest != newest else attempt + 1

    def _is(self, state: str, detail: str = "") -> None:
        self.state = StreamState(self.origin, state, clean(detail, 300), self.state.lag)

    async def _over(self) -> None:
        if self.state.state == "live":
            await self._ended()

    async def _ended(self) -> None:
        await self._emit(self.splitter.end())
        self._is("ended")

    def _gap(self, before: bytes, why: str, *, sure: bool = True) -> None:
        if not any(gap.before == before for gap in self.places):
            self.gaps += sure
            self.unsure += not sure
            self.places.append(Gap(self.origin, before, why, sure))

    def _rotated(self, before: bytes) -> None:
        self._gap(before, "rotated while it was read", sure=False)

    def _gap_ahead(self, why: str) -> None:
        """Before whatever comes next."""
        self.gaps += 1
        self._ahead = why

    def _removed(self, *, cut: bool) -> None:
        if cut:
            self._gap(b"", "removed while it could not be read")
        elif self._ends < _WHOLE and self._watch.size >= SMALLEST:
            self._gap(b"", "removed before it could be read a second time", sure=False)
        self._is("ended", "removed while it could not be read: its last lines are not known" if cut else "removed")

    async def _goes_on(self, ended: float, cut: bool) -> bool:
        """Wait until the log may have more to say; False when its container is gone for good."""
        give_up = time.monotonic() + WAITS
        while True:
            pod = self._sight.pod(self.origin.life)
            if not cut and self._ends < _WHOLE and pod is not None and pod.deleting:
                # Its log goes with it: there is no time to wait for what becomes of it.
                return True
            if self._sight.proved > ended:
                again = await self._judged(cut)
                if again is not None:
                    return again
            elif cut or time.monotonic() > give_up:
                return True
            await self._sight.changed(FRESH)

    async def _judged(self, cut: bool) -> bool | None:
        """Whether to read again, by what the cluster says now; None: wait."""
        pod = self._sight.pod(self.origin.life)
        if pod is None:
            await self._emit(self.splitter.end())
            self._removed(cut=cut)
            return False
        container = self._container(pod)
        if pod.status in _FINISHED or (container.init and container.exit_code == 0):
            # A stream that ends says nothing of why: read once more before the log counts as whole.
            if self._ends < _WHOLE:
                return True
            await self._ended()
            return False
        if container.state == "running" or container.restarts > self._restarts:
            return True
        self._is("waiting", container.reason or container.state)
        return None

    def _container(self, pod: Pod | None) -> Container:
        found = next((c for c in pod.containers if c.name == self.origin.part), None) if pod else None
        return found or Container(name=self.origin.part, image="")

    async def _catch_up(self) -> None:
        """After a restart in between, what the container said before it died comes first."""
        restarts = self._container(self._sight.pod(self.origin.life)).restarts
        missed, self._restarts = restarts - self._restarts, restarts
        if not self.resume.newest or missed <= 0 or self._target.previous:
            return
        if missed > 1:
            self._gap_ahead(f"restarted {missed} times while it could not be read")
        try:
            await self._read(previous=True)
        except Denied:
            raise
        except BackendError:
            self._gap_ahead("what it wrote before its restart is not there any more")
        # What comes next is of another container: it does not begin where that one ended.
        self.resume.of_another()
        self._watch.of_another()

    async def _read(self, *, previous: bool) -> None:
        """One request to its end. Raises Garbled when the kubelet only says that it has no log."""
        since, tail = self.resume.since, self._tail
        params = log_params(self._target, self.origin.part, previous=previous, resume=since, tail=tail)
        self.resume.reopened(b"" if previous else self._watch.goes_on_with)
        self._watch.goes_on_with = b""
        self.splitter.discard()
        async with (
            self._watched("follow" in params),
            aclosing(self._client.stream(self._path, params, idle=None)) as chunks,
        ):
            async for chunk in chunks:
                self._watch.took(len(chunk))
                await self._take(chunk)
                self._watch.waiting()
        if self.splitter.rest.startswith(_GONE):
            self.splitter.discard()
            raise self._gone()

    async def _take(self, chunk: bytes) -> None:
        if not chunk:
            self._is("live")
        lines = self.splitter.feed(chunk)
        if lines and lines[0].startswith(_GONE):
            raise self._gone()
        await self._emit(lines)

    @asynccontextmanager
    async def _watched(self, following: bool) -> AsyncGenerator[None, None]:
        """Ends the body when the log goes on without it. Raises _LeftBehind then."""
        if not following:
            yield
            return
        try:
            async with asyncio.timeout(None) as limit:
                watching = asyncio.create_task(self._look_beside(limit), name=f"log watch {self.origin.label}")
                try:
                    yield
                finally:
                    watching.cancel()
                    await asyncio.gather(watching, return_exceptions=True)
        except TimeoutError:
            raise _LeftBehind("the stream stayed at a file that was rotated away", source=self._client.source) from None

    async def _look_beside(self, limit: asyncio.Timeout) -> None:
        await self._watch.stalled()
        if not self.resume.newest:
            self._gap_ahead("rotated away before its first line was read")
        limit.reschedule(asyncio.get_running_loop().time())

    def _gone(self) -> Garbled:
        return Garbled("the kubelet has no log of it any more", source=self._client.source)

    async def _emit(self, raws: Sequence[bytes]) -> None:
        torn = self.resume.gaps
        lines = self.resume.fresh(Unread(self.origin, raws, self.resume.newest)) if raws else ()
        if self.resume.gaps > torn:
            self._gap(self.resume.torn, "what was read last is not there any more: rotated away", sure=not self._behind)
        if lines:
            if self._ahead:
                self.places.append(Gap(self.origin, lines[0].stamp, self._ahead))
                self._ahead = ""
            self._watch.began(lines[0].stamp)
            self.state = StreamState(self.origin, "live", "", self._lag(lines[-1]))
            await self._put(self.origin, lines)

    def _lag(self, line: Line) -> float | None:
        written = moment(line.stamp)
        now = datetime.now(UTC) + timedelta(seconds=self._client.skew)
        return max(0.0, (now - written).total_seconds()) if written else None
