"""What is read once: no deadline makes it fail, and the refresh key reads it again."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

from providers.core.asked import Asked
from providers.core.errors import Denied


async def test_it_reads_once_and_again_only_when_asked() -> None:
    reads: list[int] = []

    async def read() -> int:
        reads.append(len(reads))
        return len(reads)

    feed = Asked("environment", "kube test", read)
    async with asyncio.timeout(5), aclosing(feed.readings()) as readings:
        assert (await anext(readings)).value == 1
        for _ in range(20):
            await asyncio.sleep(0)
        assert len(reads) == 1
        feed.refresh()
        assert (await anext(readings)).value == 2
    await feed.aclose()


async def test_a_refusal_is_a_fault_and_refresh_asks_at_once() -> None:
    denied = True

    async def read() -> str:
        if denied:
            raise Denied("no", permission="list secrets", source="kube test")
        return "read"

    feed = Asked("secrets", "kube test", read)
    async with asyncio.timeout(5), aclosing(feed.readings()) as readings:
        fault = (await anext(readings)).fault
        assert fault is not None and fault.permission == "list secrets"
        denied = False
        feed.refresh()
        reading = await anext(readings)
        assert (reading.value, reading.state) == ("read", "live")
    await feed.aclose()
