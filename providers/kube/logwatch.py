"""Whether a followed log still is the log.

A kubelet follows the file that it opened. When it rotates that file, older ones (1.20) go on waiting at the renamed
file and send nothing more; or they go over to the new file, and what was written to the old one in that moment is lost.
Neither ends the stream nor is said in it. So it is asked beside it: what is the newest line, and what is the first.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Final, Protocol

from providers.core.errors import BackendError
from providers.kube.client import KubeClient
from providers.kube.logwire import stamp_of
from providers.kube.values import Pod
from providers.logs.line import Origin, moment, order_of
from providers.logs.resume import Resume

PATIENCE: Final = 3.0
"""Seconds of silence after which the log is asked for its newest line. A kubelet rotates every ten seconds at most."""
HURRY: Final = 0.4
"""The same for a pod that is being deleted: its log goes with it."""
RAREST: Final = 30.0
"""Silence that is known to be true is asked about less and less often, down to this."""
CERTAIN: Final = 1.5
"""Seconds in which what is in the file has come for sure: a kubelet looks into it every second by itself."""
VOLUME: Final = 1 << 20
"""Bytes after which the log is asked for its first line, so that no rotation goes by unseen."""
SMALLEST: Final = 4 << 20
"""A file with fewer bytes is not rotated: clusters do so at 10 MiB (the kubelet's default) and more."""
APART: Final = 8.0
"""Seconds from one rotation to the next, at least: a kubelet looks every ten."""
_MUCH: Final = 1 << 16
"""Bytes after which a log that was quiet is listened to as closely as in the beginning."""


def _apart(before: bytes, after: bytes) -> float:
    """Seconds between two stamps; endless when there is only one."""
    first, second = moment(before), moment(after)
    return (second - first).total_seconds() if first and second else float("inf")


class Sight(Protocol):
    """What is known of the pods: `pod` as seen last (None: not there), `proved` when that was last known to be true."""

    @property
    def proved(self) -> float: ...

    def pod(self, uid: str) -> Pod | None: ...

    async def changed(self, timeout: float) -> None:
        """Return when something may have changed, at the latest after `timeout` seconds."""


class LogWatch:
    """Beside one log of one container. `torn` is told the stamp before which lines may be missing.

    `begins` is the stamp of the oldest line that came from the file that is being read; b"" before there is one.
    """

    def __init__(
        self, client: KubeClient, path: str, origin: Origin, sight: Sight, resume: Resume, torn: Callable[[bytes], None]
    ) -> None:
        self.begins = b""
        self.size = 0
        """Bytes that came since then: a file that is smaller is not rotated."""
        self._asked = 0
        self._rotated = b""
        self.goes_on_with = b""
        """After `stalled`: the first line of the file to go on with, when the old one was read to its end for sure."""
        self._client = client
        self._sight = sight
        self._life = origin.life
        self._path = path
        self._params: dict[str, str | int] = {"container": origin.part, "timestamps": "true"}
        self._resume = resume
        self._torn = torn
        self._heard = time.monotonic()
        self._taking = False
        self._before = b""

    @property
    def suspicious(self) -> bool:
        """Whether the file is large enough to have been rotated unseen."""
        return self.size >= SMALLEST

    def waiting(self) -> None:
        """Everything that came has been taken."""
        self._taking, self._heard = False, time.monotonic()

    def took(self, count: int) -> None:
        """So many bytes came, and are being taken."""
        self._taking = True
        self.size += count

    def began(self, stamp: bytes) -> None:
        """A line came; only the first of a file matters."""
        self.begins = self.begins or stamp

    def of_another(self) -> None:
        """What comes next is in a file of its own."""
        self.begins, self._rotated, self.size, self._asked = b"", b"", 0, 0

    async def stalled(self) -> None:
        """Return when the log goes on without the stream."""
        before, pause = self.size, 0.0
        while True:
            await self._sight.changed(max(0.2, min(PATIENCE, self._heard + pause - time.monotonic())))
            if self.size - self._asked >= VOLUME:
                await self._look_at_beginning()
            if not before <= self.size < before + _MUCH:
                before, pause = self.size, 0.0
            patience = HURRY if self._going() else PATIENCE
            if self._silence() >= max(pause, patience):
                if await self._left_behind(patience):
                    return
                pause = min(RAREST, 2 * max(pause, patience))

    def _silence(self) -> float:
        return 0.0 if self._taking else time.monotonic() - self._heard

    def _going(self) -> bool:
        """Whether its pod is being deleted: then the log is there for a second after its end, or less."""
        pod = self._sight.pod(self._life)
        return pod is not None and pod.deleting

    async def _left_behind(self, patience: float) -> bool:
        newest = await self._ask(tailLines=1)
        if not self._resume.newest and not self._before:
            # Older than what was wanted; what comes after it is not.
            self._before = newest
        if order_of(newest) <= order_of(self._resume.newest or self._before):
            return False
        # What is in the file already comes for sure, given time; then it was not the file that is read.
        await asyncio.sleep(CERTAIN if patience == PATIENCE else HURRY / 4)
        head = await self._ask(limitBytes=64)
        if not head or self._silence() < patience:
            return False
        self.goes_on_with = head if patience == PATIENCE else b""
        self.begins, self._rotated, self.size, self._asked = head, head, 0, 0
        return True

    async def _look_at_beginning(self) -> None:
        head = await self._ask(limitBytes=64)
        if order_of(head) > order_of(self._resume.newest):
            # Nothing of the new file has come yet, and perhaps the stream stays at the old one.
            return
        if order_of(head) > order_of(self.begins) and _apart(self._rotated, head) >= APART:
            self._torn(head)
            self.begins, self._rotated, self.size = head, head, self.size - self._asked
        self._asked = self.size

    async def _ask(self, **params: int) -> bytes:
        """The stamp of the line asked for; b"" when there is no answer: the stream itself will tell."""
        try:
            return stamp_of(await self._client.get(self._path, self._params | params))
        except BackendError:
            return b""
