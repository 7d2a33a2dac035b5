"""Tasks end even when a library in them loses a cancellation."""

from __future__ import annotations

import asyncio

from sandbox.tasks import end


async def test_a_task_that_has_lost_a_cancellation_is_told_again() -> None:
    told = 0

    async def deaf() -> None:
        nonlocal told
        while told < 2:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                told += 1

    task = asyncio.create_task(deaf())
    await asyncio.to_thread(lambda: None)
    async with asyncio.timeout(10):
        await end([task])
    assert (task.done(), told) == (True, 2)
