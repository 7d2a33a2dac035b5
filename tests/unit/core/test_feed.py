"""A feed is shared, survives its source, and never shows old as new."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

import pytest

from providers.core.backoff import Backoff
from providers.core.errors import BackendError, Denied, ServerFault, Throttled, TimedOut, Unreachable
from providers.core.feed import Fault, Feed, FeedFailed, Reading, poll
from providers.core.secret import Secret
from tests.unit.core.build import FakeClock

NOW = Backoff(0.0, 0.0, 0.0)


class Source:
    """A stream fed by hand: values are yielded, exceptions raised; counts how often it was opened and closed."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[object] = asyncio.Queue()
        self.opened = 0
        self.closed = 0
        self.closing = asyncio.Event()
        self.closing.set()

    async def stream(self) -> AsyncGenerator[int, None]:
        self.opened += 1
        try:
            while True:
                value = await self.queue.get()
                if isinstance(value, BaseException):
                    raise value
                if value is None:
                    return
                yield value
        finally:
            await self.closing.wait()
            self.closed += 1


def _feed(source: Source, **options) -> Feed[int]:
    return Feed("pods", "kube staging", source.stream, **{"backoff": NOW, "linger": 0.0, **options})


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0)


async def test_nothing_runs_until_somebody_listens() -> None:
    source = Source()
    feed = _feed(source)
    await asyncio.sleep(0)
    assert (source.opened, feed.latest.state) == (0, "waiting")


async def test_all_listeners_share_one_stream_that_ends_with_the_last() -> None:
    source, wakes = Source(), []
    feed = _feed(source)
    first = feed.subscribe(lambda: wakes.append("a"))
    second = feed.subscribe(lambda: wakes.append("b"))
    source.queue.put_nowait(1)
    await _until(lambda: wakes == ["a", "b"])
    assert (feed.latest.value, feed.latest.state, source.opened, feed.listeners) == (1, "live", 1, 2)
    first()
    first()
    assert feed.listeners == 1
    second()
    await _until(lambda: source.closed == 1)


async def test_coming_back_at_once_keeps_the_stream() -> None:
    source = Source()
    feed = _feed(source, linger=60.0)
    feed.subscribe(lambda: None)()
    end = feed.subscribe(lambda: None)
    source.queue.put_nowait(1)
    await _until(lambda: feed.latest.value == 1)
    end()
    await feed.aclose()
    assert (source.opened, source.closed) == (1, 1)


async def test_a_fault_is_shown_beside_the_last_good_value_and_heals() -> None:
    source = Source()
    feed = _feed(source)
    feed.subscribe(lambda: None)
    source.queue.put_nowait(1)
    source.queue.put_nowait(Unreachable("connection refused", fix="look at the tunnel"))
    await _until(lambda: feed.latest.fault is not None)
    assert feed.latest.value == 1
    assert feed.latest.state == "down"
    assert feed.latest.fault == Fault("down", "connection refused", "look at the tunnel")
    source.queue.put_nowait(2)
    await _until(lambda: feed.latest.state == "live")
    assert (feed.latest.value, source.opened, source.closed) == (2, 2, 1)
    await feed.aclose()


@pytest.mark.parametrize(
    ("end", "kind", "words"),
    [
        (None, "down", "the stream ended"),
        (ServerFault("503"), "down", "503"),
        (KeyError("bug"), "error", "KeyError: 'bug'"),
        (TimeoutError("its own"), "error", "TimeoutError: its own"),
    ],
)
async def test_whatever_ends_a_stream_is_a_fault(end: object, kind: str, words: str) -> None:
    source = Source()
    feed = _feed(source)
    feed.subscribe(lambda: None)
    source.queue.put_nowait(end)
    await _until(lambda: feed.latest.fault is not None)
    assert feed.latest.fault is not None
    assert feed.latest.fault.kind == kind
    assert words in feed.latest.fault.message
    await feed.aclose()


async def test_silence_is_a_fault() -> None:
    source = Source()
    feed = _feed(source, deadline=0.01)
    feed.subscribe(lambda: None)
    await _until(lambda: feed.latest.fault is not None and source.closed >= 1)
    assert feed.latest.fault is not None
    assert feed.latest.fault.message == "pods: nothing came for 0.01 s"
    await feed.aclose()


async def test_a_stream_runs_in_one_task_so_that_it_may_hold_a_timeout_over_a_yield() -> None:
    tasks = set()

    async def stream() -> AsyncGenerator[int, None]:
        async with asyncio.timeout(60):
            for number in range(3):
                tasks.add(asyncio.current_task())
                yield number
            await asyncio.Event().wait()

    feed = Feed("pods", "kube", stream, backoff=NOW)
    feed.subscribe(lambda: None)
    await _until(lambda: feed.latest.value == 2)
    assert len(tasks) == 1
    await feed.aclose()


async def test_what_was_known_before_a_rest_is_not_current_after_it() -> None:
    source = Source()
    feed = _feed(source)
    end = feed.subscribe(lambda: None)
    source.queue.put_nowait(1)
    await _until(lambda: feed.latest.value == 1)
    end()
    await _until(lambda: source.closed == 1)
    assert (feed.latest.state, feed.latest.value, feed.latest.age(0.0)) == ("waiting", 1, None)
    asking = asyncio.ensure_future(feed.first(5.0))
    await _until(lambda: source.opened == 2)
    assert not asking.done()
    source.queue.put_nowait(2)
    assert await asking == 2
    await feed.aclose()


async def test_a_stream_is_closed_before_it_is_opened_again() -> None:
    source = Source()
    feed = _feed(source)
    for life in (1, 2, 3):
        end = feed.subscribe(lambda: None)
        if life == 1:
            await _until(lambda: source.opened == 1)
            source.closing.clear()
        end()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    feed.subscribe(lambda: None)
    for _ in range(10):
        await asyncio.sleep(0)
    assert (source.opened, source.closed) == (1, 0)
    source.closing.set()
    await _until(lambda: source.opened == 2)
    assert source.closed == 1
    await feed.aclose()


async def test_a_listener_that_breaks_costs_nobody_anything(caplog: pytest.LogCaptureFixture) -> None:
    source, wakes = Source(), []

    def broken() -> None:
        raise RuntimeError("widget gone")

    feed = _feed(source)
    feed.subscribe(broken)
    feed.subscribe(lambda: wakes.append(feed.latest.value))
    with caplog.at_level(logging.CRITICAL):
        for value in (1, 2):
            source.queue.put_nowait(value)
        await _until(lambda: wakes == [1, 2])
    assert feed.latest.state == "live"
    await feed.aclose()


async def test_first_gives_the_faults_own_words_at_once_when_waiting_is_useless() -> None:
    source = Source()
    feed = _feed(source)
    source.queue.put_nowait(Denied("pods is forbidden", permission="list pods in fusion-bitcoin"))
    with pytest.raises(FeedFailed, match="pods is forbidden") as caught:
        await feed.first(60.0)
    assert caught.value.fault.permission == "list pods in fusion-bitcoin"
    assert Fault.of(caught.value) == caught.value.fault
    await feed.aclose()


async def test_first_gives_up_in_time() -> None:
    feed = _feed(Source())
    with pytest.raises(FeedFailed, match=r"pods: no answer within 0\.01 s"):
        await feed.first(0.01)
    assert feed.listeners == 0
    await feed.aclose()


async def test_readings_skip_what_a_slow_reader_has_no_time_for() -> None:
    source, seen = Source(), []
    feed = _feed(source)
    async with aclosing(feed.readings()) as readings:
        for value in range(5):
            source.queue.put_nowait(value)
        async for reading in readings:
            seen.append(reading.value)
            await _until(lambda: feed.latest.value == 4)
            if reading.value == 4:
                break
    assert seen[-1] == 4
    assert len(seen) <= 2
    assert feed.listeners == 0
    await feed.aclose()


class Waits(Feed[int]):
    """Notes how long it would wait, and does not."""

    def __init__(self, source: Source, clock: FakeClock, most: int) -> None:
        super().__init__("pods", "kube", source.stream, backoff=Backoff(1.0, 30.0, 0.0), clock=clock)
        self.waits: list[float] = []
        self._most = most

    async def _pause(self, delay: float) -> None:
        self.waits.append(delay)
        if len(self.waits) >= self._most:
            await asyncio.Event().wait()


async def test_waits_double_up_to_the_cap() -> None:
    source = Source()
    feed = Waits(source, FakeClock(), 7)
    for _ in range(7):
        source.queue.put_nowait(Unreachable("no"))
    feed.subscribe(lambda: None)
    await _until(lambda: len(feed.waits) == 7)
    assert feed.waits == [1, 2, 4, 8, 16, 30, 30]
    await feed.aclose()


async def test_a_server_that_names_its_time_is_obeyed() -> None:
    source = Source()
    feed = Waits(source, FakeClock(), 1)
    source.queue.put_nowait(Throttled("slow down", retry_after=42.0))
    feed.subscribe(lambda: None)
    await _until(lambda: feed.waits == [42.0])
    await feed.aclose()


async def test_a_stream_that_lived_long_starts_at_the_beginning() -> None:
    source, clock = Source(), FakeClock()
    feed = Waits(source, clock, 5)
    feed.subscribe(lambda: None)
    for _ in range(4):
        source.queue.put_nowait(Unreachable("no"))
    await _until(lambda: len(feed.waits) == 4)
    source.queue.put_nowait(1)
    await _until(lambda: feed.latest.value == 1)
    clock.seconds += 121
    source.queue.put_nowait(Unreachable("no"))
    await _until(lambda: len(feed.waits) == 5)
    assert feed.waits == [1, 2, 4, 8, 1]
    await feed.aclose()


async def test_refresh_ends_the_wait() -> None:
    source = Source()
    feed = _feed(source, backoff=Backoff(600.0, 600.0, 0.0))
    feed.subscribe(lambda: None)
    source.queue.put_nowait(Unreachable("no"))
    await _until(lambda: feed.latest.fault is not None)
    await asyncio.sleep(0)
    feed.refresh()
    await _until(lambda: source.opened == 2)
    await feed.aclose()


async def test_closing_leaves_no_task() -> None:
    before = asyncio.all_tasks()
    source = Source()
    feed = _feed(source)
    feed.subscribe(lambda: None)
    await _until(lambda: source.opened == 1)
    await feed.aclose()
    await feed.aclose()
    assert (asyncio.all_tasks(), source.closed) == (before, 1)


async def test_poll_asks_at_once_and_hands_failures_on() -> None:
    answers = iter([1, TimedOut("late"), 2])

    async def read() -> int:
        answer = next(answers)
        if isinstance(answer, BaseException):
            raise answer
        return answer

    async with aclosing(poll(read, 0.0)()) as values:
        assert await anext(values) == 1
        with pytest.raises(TimedOut):
            await anext(values)


def test_a_reading_never_has_a_negative_age() -> None:
    clock = FakeClock()
    reading = Reading(1, clock.now(), clock.monotonic())
    assert (reading.age(clock.monotonic() - 5), reading.age(clock.monotonic() + 5)) == (0.0, 5.0)
    assert Reading().age(1.0) is None


def test_a_fault_shows_no_secret_and_drives_no_terminal() -> None:
    Secret("feed-s3cret")
    fault = Fault.of(BackendError("dsn feed-s3cret \x1b[2J" + "x" * 1000, fix="feed-s3cret"))
    assert "s3cret" not in fault.message + fault.fix
    assert "\x1b" not in fault.message
    assert len(fault.message) < 600
