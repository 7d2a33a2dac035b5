"""One container's log, read on through cuts and restarts until it ends for good."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

import msgspec

from providers.core.backoff import Backoff
from providers.core.errors import BackendError, Denied, Garbled, Invalid, NotFound
from providers.core.text import clean
from providers.kube.client import KubeClient
from providers.kube.values import Container, Pod
from providers.logs.line import Line, Origin, moment
from providers.logs.resume import Resume
from providers.logs.splitter import Splitter

_GONE: Final = re.compile(rb"^unable to retrieve container logs for ")
_STAMP: Final = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z(?= )")
FRESH: Final = 5.0
"""Seconds to wait, after a log ended, for the cluster to say what became of its container."""
WAITS: Final = 15.0
"""Seconds after which a log is asked for again although nothing is known of its container."""
_FINISHED: Final = frozenset({"Completed", "Error", "Succeeded", "Failed"})


class LogTarget(msgspec.Struct, frozen=True):
    """Which logs: one pod by `pod`, or every pod that `selector` chooses. `container` "" means all."""

    namespace: str
    pod: str = ""
    selector: str = ""
    container: str = ""
    previous: bool = False
    tail: int | None = 500
    """Lines of each container to begin with; None: all."""
    since: int | None = None
    """Seconds back from now."""
    since_time: datetime | None = None
    follow: bool = True


class StreamState(msgspec.Struct, frozen=True):
    """The truth about one log. `state`: live, waiting, reconnecting, ended or denied; `detail` says why.

    `lag` is how long the newest line had been written when it arrived, in seconds by the cluster's clock.
    """

    origin: Origin
    state: str
    detail: str = ""
    lag: float | None = None


class Sight(Protocol):
    """What is known of the pods: `pod` as seen last (None: not there), `proved` when that was last known to be true."""

    @property
    def proved(self) -> float: ...

    def pod(self, uid: str) -> Pod | None: ...

    async def changed(self, timeout: float) -> None:
        """Return when something may have changed, at the latest after `timeout` seconds."""


Put = Callable[[Origin, list[Line]], Awaitable[None]]


class LogStream:
    """`run` ends when the log has ended for good. `put` takes lines in order and may be slow: then reading is, too."""

    def __init__(
        self, client: KubeClient, target: LogTarget, origin: Origin, sight: Sight, tail: int | None, put: Put
    ) -> None:
        self.origin = origin
        self.state = StreamState(origin, "waiting", "connecting")
        self.resume = Resume()
        self.splitter = Splitter()
        self._lost_lines = 0
        self._client = client
        self._target = target
        self._sight = sight
        self._tail = tail
        self._put = put
        self._restarts = 0
        self._finished = False

    @property
    def gaps(self) -> int:
        """How often lines were lost for sure, or may have been."""
        return self._lost_lines + self.resume.gaps

    async def run(self) -> None:
        """Read until the container is gone, or may not be read. Never raises a BackendError."""
        backoff, attempt, cut = Backoff(first=0.2, cap=8.0), 0, True
        while True:
            newest = self.resume.newest
            try:
                await self._catch_up()
                await self._read(previous=self._target.previous)
                cut = False
            except Denied as error:
                self._is("denied", error.permission or error.message)
                break
            except NotFound:
                # After a log that ended by itself nothing more was to come.
                self._removed(cut=cut)
                break
            except Invalid as error:
                self._is("waiting", error.message)
            except BackendError as error:
                cut = True
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
            await self._emit(self.splitter.end())
            self._is("ended")

    def _removed(self, *, cut: bool) -> None:
        self._lost_lines += cut
        self._is("ended", "removed while it could not be read: its last lines are not known" if cut else "removed")

    async def _goes_on(self, ended: float, cut: bool) -> bool:
        """Wait until the log may have more to say; False when its container is gone for good."""
        give_up = time.monotonic() + WAITS
        while True:
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
            if cut:
                self._removed(cut=True)
            else:
                await self._over()
            return False
        container = self._container(pod)
        if pod.status in _FINISHED or (container.init and container.exit_code == 0):
            # A stream that ends says nothing of why: read once more before the log counts as whole.
            if self._finished and not cut:
                await self._over()
                return False
            self._finished = True
            return True
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
        self._lost_lines += missed > 1
        try:
            await self._read(previous=True)
        except Denied:
            raise
        except BackendError:
            self._lost_lines += 1
        # What comes next is of another container: it does not begin where that one ended.
        self.resume.of_another()

    async def _read(self, *, previous: bool) -> None:
        """One request to its end. Raises Garbled when the kubelet only says that it has no log."""
        path = f"/api/v1/namespaces/{self._target.namespace}/pods/{self.origin.name}/log"
        params = self._params(previous)
        self.resume.reopened()
        self.splitter.discard()
        async with aclosing(self._client.stream(path, params, idle=None)) as chunks:
            async for chunk in chunks:
                if not chunk:
                    self._is("live")
                lines = self.splitter.feed(chunk)
                if lines and _GONE.match(lines[0]):
                    raise self._gone()
                await self._emit(lines)
        if _GONE.match(self.splitter.rest):
            self.splitter.discard()
            raise self._gone()

    def _gone(self) -> Garbled:
        return Garbled("the kubelet has no log of it any more", source=self._client.source)

    async def _emit(self, raws: Sequence[bytes]) -> None:
        lines = self.resume.fresh(parsed(self.origin, raws, self.resume.newest)) if raws else []
        if lines:
            self.state = StreamState(self.origin, "live", "", self._lag(lines[-1]))
            await self._put(self.origin, lines)

    def _lag(self, line: Line) -> float | None:
        written = moment(line.stamp)
        now = datetime.now(UTC) + timedelta(seconds=self._client.skew)
        return max(0.0, (now - written).total_seconds()) if written else None

    def _params(self, previous: bool) -> dict[str, str | int]:
        target = self._target
        params: dict[str, str | int] = {"container": self.origin.part, "timestamps": "true"}
        if previous:
            params["previous"] = "true"
        elif target.follow:
            params["follow"] = "true"
        if self.resume.since:
            params["sinceTime"] = self.resume.since
        elif target.since_time is not None:
            params["sinceTime"] = target.since_time.astimezone(UTC).isoformat().replace("+00:00", "Z")
        elif target.since is not None:
            params["sinceSeconds"] = target.since
        if self._tail is not None and not self.resume.since:
            params["tailLines"] = self._tail
        return params


def parsed(origin: Origin, raws: Sequence[bytes], stamp: bytes) -> list[Line]:
    """Lines from what the kubelet sends with timestamps=true; one without a stamp has that of the line before it."""
    lines: list[Line] = []
    for raw in raws:
        found = _STAMP.match(raw)
        if found:
            stamp = found[0]
            lines.append(Line(origin, stamp, raw[found.end() + 1 :]))
        else:
            lines.append(Line(origin, stamp, raw))
    return lines
