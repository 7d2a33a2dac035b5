"""A picture of several feeds: as live as its required parts, tolerant of its optional ones."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Any

from providers.core.backoff import Backoff
from providers.core.combine import combine
from providers.core.errors import Denied, Unreachable
from providers.core.feed import Feed, Reading

QUICK = Backoff(first=0.01, cap=0.01, jitter=0.0)


class Source:
    """A stream the test speaks through: a value is yielded, an exception raised."""

    def __init__(self, name: str) -> None:
        self.words: asyncio.Queue[Any] = asyncio.Queue()
        self.feed: Feed[Any] = Feed(name, "test", self.stream, backoff=QUICK, linger=0.0)
        self.open = 0

    async def stream(self) -> AsyncGenerator[Any, None]:
        self.open += 1
        try:
            while True:
                word = await self.words.get()
                if isinstance(word, Exception):
                    raise word
                yield word
        finally:
            self.open -= 1


def _join(values: Sequence[Any], readings: Sequence[Reading[Any]]) -> tuple[Any, ...]:
    return (*values, *(reading.fault.kind if reading.fault else reading.value for reading in readings))


async def _until(feed: Feed[Any], wanted: Any) -> Reading[Any]:
    async with asyncio.timeout(5), aclosing(feed.readings()) as readings:
        async for reading in readings:
            if (reading.state if isinstance(wanted, str) else reading.value) == wanted:
                return reading
    raise AssertionError("the feed ended")


async def test_nothing_comes_before_every_required_part_is_known() -> None:
    pods, nodes, usage = Source("pods"), Source("nodes"), Source("usage")
    whole = combine("all", "test", [pods.feed, nodes.feed], [usage.feed], _join)
    end = whole.subscribe(lambda: None)
    pods.words.put_nowait(1)
    await _until(pods.feed, 1)
    assert whole.latest.state == "waiting"
    nodes.words.put_nowait(2)
    assert (await _until(whole, (1, 2, None))).fault is None
    end()
    await whole.aclose()


async def test_a_required_fault_is_the_whole_s_fault_and_the_last_value_stays() -> None:
    pods = Source("pods")
    whole = combine("all", "test", [pods.feed], [], _join)
    pods.words.put_nowait(1)
    end = whole.subscribe(lambda: None)
    await _until(whole, (1,))
    pods.words.put_nowait(Unreachable("connection refused"))
    reading = await _until(whole, "down")
    assert reading.value == (1,)
    assert reading.fault is not None
    assert reading.fault.message == "connection refused"
    pods.words.put_nowait(3)
    assert (await _until(whole, (3,))).state == "live"
    end()
    await whole.aclose()


async def test_an_optional_fault_stays_in_its_place() -> None:
    pods, usage = Source("pods"), Source("usage")
    whole = combine("all", "test", [pods.feed], [usage.feed], _join)
    pods.words.put_nowait(1)
    usage.words.put_nowait(Denied("no", permission="list pods.metrics.k8s.io"))
    end = whole.subscribe(lambda: None)
    assert (await _until(whole, (1, "denied"))).state == "live"
    end()
    await whole.aclose()


async def test_closing_the_whole_closes_its_parts() -> None:
    pods, usage = Source("pods"), Source("usage")
    whole = combine("all", "test", [pods.feed], [usage.feed], _join)
    pods.words.put_nowait(1)
    end = whole.subscribe(lambda: None)
    await _until(whole, (1, None))
    end()
    await whole.aclose()
    async with asyncio.timeout(5):
        while pods.open or usage.open:
            await asyncio.sleep(0)
    assert pods.feed.listeners == usage.feed.listeners == 0
