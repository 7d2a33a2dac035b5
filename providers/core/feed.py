"""The newest value of one live stream, shared by all who look."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Iterable
from contextlib import aclosing, suppress
from datetime import datetime
from typing import Any, Generic, TypeVar

import msgspec

from providers.core.backoff import Backoff
from providers.core.clock import SYSTEM_CLOCK, Clock
from providers.core.errors import BackendError, Denied, FusionError, Throttled, TimedOut, Unreachable
from providers.core.secret import redact
from providers.core.text import clean

T = TypeVar("T")

_log = logging.getLogger(__name__)

LINGER = 2.0
"""Seconds a stream goes on without listeners: leaving a screen and coming back must not list everything anew."""


class Fault(msgspec.Struct, frozen=True):
    """Why a value is not current: `kind` is a BackendError's kind, `message` one clean sentence, `fix` what to do.

    `permission` is the missing right when the kind is "denied".
    """

    kind: str
    message: str
    fix: str = ""
    permission: str = ""

    @classmethod
    def of(cls, error: BaseException) -> Fault:
        """Describe an exception; one that nobody expected is named by its type, so that it can be reported."""
        if isinstance(error, FeedFailed):
            return error.fault
        if isinstance(error, FusionError):
            kind = error.kind if isinstance(error, BackendError) else "error"
            permission = clean(error.permission, 200) if isinstance(error, Denied) else ""
            return cls(kind, clean(redact(error.message), 500), clean(redact(error.fix), 500), permission)
        return cls("error", clean(redact(f"{type(error).__name__}: {error}"), 500))


class Reading(msgspec.Struct, Generic[T], frozen=True):
    """What is known now. `value` is the last good one, true at `at` (UTC) and `seen` (monotonic seconds).

    With a `fault` the value is old: it stays readable but must never be drawn as current. Nor must one without `at`: it
    was read before a rest of the feed, and the feed has not read again yet.
    """

    value: T | None = None
    at: datetime | None = None
    seen: float = 0.0
    fault: Fault | None = None

    @property
    def state(self) -> str:
        """`waiting` (nothing yet), `live`, or the kind of the fault (down, denied, login, …)."""
        if self.fault is not None:
            return self.fault.kind
        return "waiting" if self.at is None else "live"

    def age(self, monotonic: float) -> float | None:
        """Seconds since the value was known to be true; None when there never was one. Never negative."""
        return None if self.at is None else max(0.0, monotonic - self.seen)


class Feed(Generic[T]):
    """One stream, opened with its first listener and closed `LINGER` seconds after its last.

    `open_stream` makes an async generator of whole values (never patches). When it raises, ends, or is silent for
    `deadline` seconds, the fault is published beside the last good value and the stream is opened again after the
    back-off. Everything but `latest` belongs to the core's loop; `latest` may be read from any thread.
    """

    def __init__(
        self,
        name: str,
        source: str,
        open_stream: Callable[[], AsyncGenerator[T, None]],
        *,
        deadline: float = 10.0,
        backoff: Backoff | None = None,
        clock: Clock = SYSTEM_CLOCK,
        linger: float = LINGER,
    ) -> None:
        self.name = name
        self.source = source
        self.deadline = deadline
        self.latest: Reading[T] = Reading()
        self._open = open_stream
        self._backoff = backoff or Backoff()
        self._clock = clock
        self._linger = linger
        self._wakes: dict[int, Callable[[], None]] = {}
        self._serial = 0
        self._task: asyncio.Task[None] | None = None
        self._ending: set[asyncio.Task[None]] = set()
        self._closing: asyncio.TimerHandle | None = None
        self._hurry = asyncio.Event()

    @property
    def listeners(self) -> int:
        return len(self._wakes)

    def subscribe(self, wake: Callable[[], None]) -> Callable[[], None]:
        """Call `wake()` (no data, must not block) after each new reading; returns what ends it, safe to call twice."""
        self._serial += 1
        token = self._serial
        self._wakes[token] = wake
        self._start()
        return lambda: self._unsubscribe(token)

    async def readings(self) -> AsyncGenerator[Reading[T], None]:
        """Yield the current reading, then each newer one; readings a slow consumer has no time for are skipped."""
        changed = asyncio.Event()
        unsubscribe = self.subscribe(changed.set)
        try:
            while True:
                changed.clear()
                if self.latest.state != "waiting":
                    yield self.latest
                await changed.wait()
        finally:
            unsubscribe()

    async def first(self, timeout: float = 10.0) -> T:
        """Return a value that is current now. Raises the fault as TimedOut/BackendError when none comes in time."""
        try:
            async with asyncio.timeout(timeout), aclosing(self.readings()) as readings:
                async for reading in readings:
                    if reading.state == "live" and reading.value is not None:
                        return reading.value
                    if reading.fault is not None and reading.fault.kind in {"denied", "login", "absent", "untrusted"}:
                        break
        except TimeoutError:
            pass
        fault = self.latest.fault or Fault("down", f"{self.name}: no answer within {timeout:g} s")
        raise FeedFailed(fault, self.source)

    def refresh(self) -> None:
        """Open the stream again now instead of after the back-off (the operator's key)."""
        self._hurry.set()

    async def aclose(self) -> None:
        """Stop for good and wait until every stream is closed."""
        self._wakes.clear()
        self._stop()
        if self._ending:
            await asyncio.wait(tuple(self._ending))

    def _start(self) -> None:
        if self._closing is not None:
            self._closing.cancel()
            self._closing = None
        if self._task is None or self._task.done():
            work = self._run(tuple(self._ending))
            self._task = asyncio.get_running_loop().create_task(work, name=f"feed {self.source} {self.name}")

    def _unsubscribe(self, token: int) -> None:
        if self._wakes.pop(token, None) is not None and not self._wakes:
            self._closing = asyncio.get_running_loop().call_later(self._linger, self._stop)

    def _stop(self) -> None:
        task, self._task = self._task, None
        if self._closing is not None:
            self._closing.cancel()
            self._closing = None
        if task is not None:
            task.cancel()
            self._ending.add(task)
            task.add_done_callback(self._ending.discard)
        # From here on the value grows old without a fault: it must not look current to the next who looks.
        self.latest = msgspec.structs.replace(self.latest, at=None, fault=None)

    async def _run(self, ending: tuple[asyncio.Task[None], ...]) -> None:
        # A stream must have closed before it is opened again: it may keep state between its lives.
        if ending:
            await asyncio.wait(ending)
        attempt = 0
        while True:
            started, before = self._clock.monotonic(), self.latest.seen
            try:
                await self._drain()
                error: Exception = TimedOut(f"{self.name}: the stream ended", source=self.source)
            except Exception as exc:  # noqa: BLE001 - one of the two places: a feed must outlive every failure of its source
                error = exc
            if self._clock.monotonic() - started >= self._backoff.healthy_after:
                attempt = 0
            elif self.latest.seen != before:
                attempt = min(attempt, 2)
            self._publish(msgspec.structs.replace(self.latest, fault=Fault.of(error)))
            delay = self._backoff.delay(attempt)
            await self._pause(max(delay, error.retry_after) if isinstance(error, Throttled) else delay)
            attempt += 1

    async def _drain(self) -> None:
        async with aclosing(self._open()) as values:
            while True:
                # Not wait_for: it would run each step in another task, which streams with timeouts of their own forbid.
                patience = asyncio.timeout(self.deadline)
                try:
                    async with patience:
                        value = await anext(values)
                except StopAsyncIteration:
                    return
                except TimeoutError as exc:
                    if not patience.expired():
                        raise
                    raise TimedOut(f"{self.name}: nothing came for {self.deadline:g} s", source=self.source) from exc
                self._publish(Reading(value, self._clock.now(), self._clock.monotonic()))

    async def _pause(self, delay: float) -> None:
        self._hurry.clear()
        with suppress(TimeoutError):
            # Not wait_for: before Python 3.12 it may swallow a cancellation.
            async with asyncio.timeout(delay):
                await self._hurry.wait()

    def _publish(self, reading: Reading[T]) -> None:
        self.latest = reading
        for wake in tuple(self._wakes.values()):
            try:
                wake()
            except Exception:  # noqa: BLE001 - as in _run: a listener that breaks must not take the value from the others
                _log.warning("a listener of %s %s broke", self.source, self.name, exc_info=True)


class FeedFailed(BackendError):
    """A feed had no current value in time; carries the feed's own fault."""

    def __init__(self, fault: Fault, source: str) -> None:
        super().__init__(fault.message, source=source, fix=fault.fix)
        self.fault = fault


def poll(read: Callable[[], Awaitable[T]], every: float) -> Callable[[], AsyncGenerator[T, None]]:
    """A stream that asks `read` now and then every `every` seconds; the back-off takes over when a read fails."""

    async def stream() -> AsyncGenerator[T, None]:
        while True:
            yield await read()
            await asyncio.sleep(every)

    return stream


def ask_again(feeds: Iterable[Feed[Any]], kinds: Collection[str] = (Unreachable.kind,)) -> None:
    """The system can be reached: feeds that could not reach it need not wait out their back-off."""
    for feed in feeds:
        if feed.latest.state in kinds:
            feed.refresh()
