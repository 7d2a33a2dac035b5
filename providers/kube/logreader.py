"""One container's log, request by request: from bytes to lines that came once, and to what is known to be missing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from providers.core.errors import Garbled, Unreachable
from providers.core.text import clean
from providers.kube.client import KubeClient
from providers.kube.logwatch import LogWatch, Sight
from providers.kube.logwire import LogTarget, Unread, log_params
from providers.logs.gap import Gaps
from providers.logs.line import Line, Origin, moment
from providers.logs.resume import Resume
from providers.logs.splitter import Splitter

_GONE: Final = b"unable to retrieve container logs for "
_NOT_THERE: Final = "what was read last is not there any more: rotated away or restarted"


class StreamState(msgspec.Struct, frozen=True):
    """The truth about one log. `state`: live, waiting, reconnecting, ended or denied; `detail` says why.

    `lag` is how long the newest line had been written when it arrived, in seconds by the cluster's clock.
    """

    origin: Origin
    state: str
    detail: str = ""
    lag: float | None = None


class LeftBehind(Unreachable):
    """The log went on without the stream."""


Put = Callable[[Origin, Sequence[Line]], Awaitable[None]]


class LogReader:
    """`read` is one request to its end; what came is remembered from one to the next."""

    def __init__(
        self, client: KubeClient, target: LogTarget, origin: Origin, sight: Sight, tail: int | None, put: Put
    ) -> None:
        self.origin = origin
        self.state = StreamState(origin, "waiting", "connecting")
        self.resume = Resume()
        self.splitter = Splitter()
        self.gaps = Gaps(origin)
        self.path = f"/api/v1/namespaces/{target.namespace}/pods/{origin.name}/log"
        self.behind = False
        """Whether the last stream was left because the log went on without it."""
        self._watch = LogWatch(client, self.path, origin, sight, self.resume, self._rotated)
        self._client = client
        self._target = target
        self._tail = tail
        self._put = put

    def tell(self, state: str, detail: str = "") -> None:
        """Say how it stands; see `StreamState`."""
        self.state = StreamState(self.origin, state, clean(detail, 300), self.state.lag)

    @property
    def suspicious(self) -> bool:
        """Whether the file that is read may have been rotated unseen."""
        return self._watch.suspicious

    def of_another(self) -> None:
        """What comes next is of another container: it does not begin where that one ended."""
        self.resume.of_another()
        self._watch.of_another()

    async def end(self) -> None:
        """Give the last line when it has no newline."""
        await self._emit(self.splitter.end())

    async def read(self, *, previous: bool) -> None:
        """One request to its end. Raises Garbled when the kubelet only says that it has no log."""
        since, tail = self.resume.since, self._tail
        params = log_params(self._target, self.origin.part, previous=previous, resume=since, tail=tail)
        self.resume.reopened(b"" if previous else self._watch.goes_on_with)
        self._watch.goes_on_with = b""
        self.splitter.discard()
        async with (
            self._watched("follow" in params),
            aclosing(self._client.stream(self.path, params, idle=None)) as chunks,
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
            self.tell("live")
        lines = self.splitter.feed(chunk)
        if lines and lines[0].startswith(_GONE):
            raise self._gone()
        await self._emit(lines)

    @asynccontextmanager
    async def _watched(self, following: bool) -> AsyncGenerator[None, None]:
        """Ends the body when the log goes on without it. Raises LeftBehind then."""
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
            raise LeftBehind("the stream stayed at a file that was rotated away", source=self._client.source) from None

    async def _look_beside(self, limit: asyncio.Timeout) -> None:
        await self._watch.stalled()
        if not self.resume.newest:
            self.gaps.expect("rotated away before its first line was read")
        limit.reschedule(asyncio.get_running_loop().time())

    def _gone(self) -> Garbled:
        return Garbled("the kubelet has no log of it any more", source=self._client.source)

    async def _emit(self, raws: Sequence[bytes]) -> None:
        torn = self.resume.gaps
        lines = self.resume.fresh(Unread(self.origin, raws, self.resume.newest)) if raws else ()
        if self.resume.gaps > torn:
            self.gaps.add(self.resume.torn, _NOT_THERE, sure=not self.behind)
        if lines:
            self.gaps.arrived(lines[0].stamp)
            self._watch.began(lines[0].stamp)
            self.state = StreamState(self.origin, "live", "", self._lag(lines[-1]))
            await self._put(self.origin, lines)

    def _lag(self, line: Line) -> float | None:
        written = moment(line.stamp)
        now = datetime.now(UTC) + timedelta(seconds=self._client.skew)
        return max(0.0, (now - written).total_seconds()) if written else None

    def _rotated(self, before: bytes) -> None:
        self.gaps.add(before, "rotated while it was read", sure=False)
