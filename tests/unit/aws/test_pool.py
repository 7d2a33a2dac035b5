"""Threads that nobody waits for."""

from __future__ import annotations

import asyncio
import threading

import pytest

from providers.aws.pool import WAITING, Pool
from providers.aws.session import Late, Patience, Sessions
from providers.core.config import Aws
from providers.core.errors import Throttled


async def test_results_and_errors_come_back_and_threads_are_few() -> None:
    pool, names = Pool("p", threads=2), set()

    def work() -> int:
        names.add(threading.current_thread().name)
        return 7

    assert await asyncio.gather(*(pool.run(work) for _ in range(20))) == [7] * 20
    with pytest.raises(ZeroDivisionError):
        await pool.run(lambda: 1 // 0)
    assert await pool.run(work) == 7 and len(names) <= 2
    pool.close()


async def test_what_is_cancelled_before_its_turn_does_not_run() -> None:
    pool, held, ran = Pool("p", threads=1), threading.Event(), threading.Event()
    first = asyncio.create_task(pool.run(lambda: held.wait(10)))
    second = asyncio.create_task(pool.run(ran.set))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    second.cancel()
    await asyncio.wait({second})
    held.set()
    assert await first
    assert await pool.run(lambda: True)
    assert not ran.is_set()
    pool.close()


async def test_too_many_that_wait_are_turned_away() -> None:
    pool, held = Pool("p", threads=1), threading.Event()
    waiting = [asyncio.create_task(pool.run(lambda: held.wait(10))) for _ in range(WAITING + 8)]
    await asyncio.sleep(0)
    done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    assert all(isinstance(task.exception(), Throttled) for task in done)
    held.set()
    pool.close()
    await asyncio.wait(waiting)


def test_a_request_whose_time_is_over_is_not_sent() -> None:
    sessions = Sessions(Aws(), Patience())
    sessions.check_due()
    with sessions.within(60):
        sessions.check_due()
    with sessions.within(-1), pytest.raises(Late):
        sessions.check_due()
    sessions.check_due()
