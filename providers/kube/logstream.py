"""One container's log, read on through cuts and restarts until it ends for good."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from typing import Final

from providers.core.backoff import Backoff
from providers.core.errors import BackendError, Denied, Garbled, Invalid, NotFound
from providers.kube.client import KubeClient
from providers.kube.logreader import LeftBehind, LogReader, Put, StreamState
from providers.kube.logwatch import Sight
from providers.kube.logwire import LogTarget, restarts_of
from providers.kube.values import Container, Pod
from providers.logs.line import Origin

__all__ = ["LogStream", "LogTarget", "Put", "Sight", "StreamState"]

FRESH: Final = 5.0
"""Seconds to wait, after a log ended, for the cluster to say what became of its container."""
WAITS: Final = 15.0
"""Seconds after which a log is asked for again although nothing is known of its container."""
_WHOLE: Final = 2


class LogStream:
    """`run` ends when the log has ended for good. `put` takes lines in order and may be slow: then reading is, too."""

    def __init__(
        self, client: KubeClient, target: LogTarget, origin: Origin, sight: Sight, tail: int | None, put: Put
    ) -> None:
        self.origin = origin
        self.log = LogReader(client, target, origin, sight, tail, put)
        self._client = client
        self._target = target
        self._sight = sight
        self._restarts = 0
        self._ends = 0
        """How often in a row it ended by itself; the second time it brought nothing new, and is whole."""

    async def run(self) -> None:
        """Read until the container is gone, or may not be read. Never raises a BackendError."""
        backoff, attempt, cut = Backoff(first=0.2, cap=8.0), 0, True
        while True:
            newest = self.log.resume.newest
            try:
                await self._catch_up(cut=cut)
                await self.log.read(previous=self._target.previous)
                self._ends = self._ends + 1 if self.log.resume.newest == newest else 1
                cut = self.log.behind = False
            except Denied as error:
                self.log.tell("denied", error.permission or error.message)
                break
            except NotFound:
                # After a log that ended by itself nothing more was to come.
                self._removed(cut=cut)
                break
            except Invalid as error:
                self.log.tell("waiting", error.message)
            except Garbled as error:
                # Its log is gone already. Whether that is a loss depends on how the reading before ended.
                self.log.tell("reconnecting" if cut else "waiting", error.message)
            except LeftBehind as error:
                cut, self._ends, self.log.behind = True, 0, True
                self.log.tell("reconnecting", error.message)
                continue
            except BackendError as error:
                cut, self._ends, self.log.behind = True, 0, False
                self.log.tell("reconnecting", error.message)
            if not self._target.follow or self._target.previous:
                await self._over()
                break
            ended = time.monotonic()
            await asyncio.sleep(backoff.delay(attempt))
            if not await self._goes_on(ended, cut):
                break
            attempt = 0 if self.log.resume.newest != newest else attempt + 1

    async def _over(self) -> None:
        if self.log.state.state == "live":
            await self._ended()

    async def _ended(self) -> None:
        await self.log.end()
        self.log.tell("ended")

    def _removed(self, *, cut: bool) -> None:
        if cut:
            self.log.gaps.add(b"", "removed while it could not be read")
        elif self._ends < _WHOLE and self.log.suspicious:
            self.log.gaps.add(b"", "removed before it could be read a second time", sure=False)
        self.log.tell("ended", "removed while it could not be read: its last lines are not known" if cut else "removed")

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
            await self.log.end()
            self._removed(cut=cut)
            return False
        container = self._container(pod)
        if pod.over or (container.init and container.exit_code == 0):
            # A stream that ends says nothing of why: read once more before the log counts as whole.
            if self._ends < _WHOLE:
                return True
            await self._ended()
            return False
        if container.state == "running" or container.restarts > self._restarts:
            return True
        self.log.tell("waiting", container.reason or container.state)
        return None

    def _container(self, pod: Pod | None) -> Container:
        found = next((c for c in pod.containers if c.name == self.origin.part), None) if pod else None
        return found or Container(name=self.origin.part, image="")

    async def _catch_up(self, *, cut: bool) -> None:
        """After a restart in between, what the container said before it died comes first."""
        restarts = max(self._restarts, await self._count_restarts(cut))
        missed = restarts - self._restarts
        if self.log.resume.newest and missed > 0 and not self._target.previous:
            if missed > 1:
                self.log.gaps.expect(f"restarted {missed} times while it could not be read")
            try:
                await self.log.read(previous=True)
            except (NotFound, Invalid, Garbled):
                self.log.gaps.expect("what it wrote before its restart is not there any more")
            self.log.of_another()
        self._restarts = restarts

    async def _count_restarts(self, cut: bool) -> int:
        """As the feed knows it; after a cut as the pod says, for the feed was cut as well. Raises NotFound."""
        if cut and self.log.resume.newest:
            with suppress(Denied):
                return await restarts_of(self._client, self.log.path.removesuffix("/log"), self.origin)
        return self._container(self._sight.pod(self.origin.life)).restarts
