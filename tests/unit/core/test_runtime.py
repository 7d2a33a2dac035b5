"""The core's thread: what is given to it runs, what is late is told so, and it ends."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Iterator

import pytest

from providers.core.errors import FusionError
from providers.core.feed import Feed
from providers.core.runtime import Core


@pytest.fixture
def core() -> Iterator[Core]:
    core = Core()
    core.start()
    yield core
    assert core.stop()


async def _answer() -> str:
    return threading.current_thread().name


def test_work_runs_on_the_cores_thread(core: Core) -> None:
    assert core.submit(_answer()).result(5) == "core"
    called = threading.Event()
    core.call(called.set)
    assert called.wait(5)


def test_an_exception_comes_back_to_who_asked(core: Core) -> None:
    async def fail() -> None:
        raise FusionError("no")

    with pytest.raises(FusionError, match="no"):
        core.submit(fail()).result(5)


def test_cancelling_the_future_cancels_the_work(core: Core) -> None:
    began, ended = threading.Event(), threading.Event()

    async def work() -> None:
        try:
            began.set()
            await asyncio.Event().wait()
        finally:
            ended.set()

    future = core.submit(work())
    assert began.wait(5)
    future.cancel()
    assert ended.wait(5)


def test_listening_from_another_thread(core: Core) -> None:
    woken, closed = threading.Event(), threading.Event()

    async def stream() -> AsyncGenerator[int, None]:
        try:
            yield 7
            await asyncio.Event().wait()
        finally:
            closed.set()

    async def make() -> Feed[int]:
        return Feed("n", "s", stream, linger=0.0)

    feed = core.submit(make()).result(5)
    end = core.subscribe(feed, woken.set)
    assert woken.wait(5)
    assert feed.latest.value == 7
    end()
    end()
    assert closed.wait(5)


def test_ending_before_it_began_starts_nothing(core: Core) -> None:
    async def never() -> AsyncGenerator[int, None]:
        yield 1

    hold, feed = threading.Event(), Feed("n", "s", never)
    core.call(lambda: hold.wait(5))
    core.subscribe(feed, lambda: None)()
    hold.set()
    core.submit(_answer()).result(5)
    assert feed.listeners == 0


def test_stopping_cancels_what_runs_and_lets_it_clean_up() -> None:
    core, began, cleaned = Core(), threading.Event(), threading.Event()
    core.start()

    async def work() -> None:
        try:
            began.set()
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            cleaned.set()

    core.submit(work())
    assert began.wait(5)
    assert core.stop()
    assert cleaned.is_set()
    assert core.stop()


def test_what_comes_after_the_stop_is_told_so() -> None:
    core = Core()
    core.start()

    async def feed() -> Feed[int]:
        async def stream() -> AsyncGenerator[int, None]:
            yield 1

        return Feed("n", "s", stream)

    end = core.subscribe(core.submit(feed()).result(5), lambda: None)
    assert core.stop()
    with pytest.raises(FusionError, match="being left"):
        core.submit(_answer())
    core.call(lambda: None)
    end()


def test_what_does_not_end_does_not_hold_us_up() -> None:
    core, release, began = Core(), threading.Event(), threading.Event()
    core.start()

    def block() -> None:
        began.set()
        release.wait(5)

    core.call(block)
    assert began.wait(5)
    assert not core.stop(0.01)
    release.set()
    assert core.stop()


def test_a_core_that_never_ran_can_be_stopped() -> None:
    core = Core()
    assert core.stop()
    with pytest.raises(FusionError):
        core.submit(_answer())
