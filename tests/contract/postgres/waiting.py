"""Real sessions that hold each other up, and conditions to wait for."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, TypeVar

import psycopg

from providers.core.feed import Feed, Reading

T = TypeVar("T")
Connection = psycopg.AsyncConnection[Any]


async def until(feed: Feed[Any], good: Callable[[Reading[Any]], bool], seconds: float = 20.0) -> Reading[Any]:
    """The first reading that is good."""
    seen = asyncio.Event()
    end = feed.subscribe(seen.set)
    try:
        async with asyncio.timeout(seconds):
            while not (feed.latest.state != "waiting" and good(feed.latest)):
                seen.clear()
                await seen.wait()
            return feed.latest
    finally:
        end()


async def asked_until(ask: Callable[[], Awaitable[T]], good: Callable[[T], bool], seconds: float = 20.0) -> T:
    """The first answer that is good."""
    async with asyncio.timeout(seconds):
        while not good(found := await ask()):
            await asyncio.sleep(0)
        return found


class Blocked:
    """A statement that waits in a session of its own; `ended` tells how it came out."""

    def __init__(self, connection: Connection, query: str) -> None:
        self.connection = connection
        self.pid = connection.info.backend_pid
        self._task = asyncio.ensure_future(connection.execute(query.encode()))
        # Read, so that nothing is said about one that the test ends without waiting for.
        self._task.add_done_callback(lambda task: task.cancelled() or task.exception())

    async def ended(self, seconds: float = 10.0) -> str:
        """ "done", or the SQLSTATE it ended with ("" when its connection was cut)."""
        async with asyncio.timeout(seconds):
            try:
                await asyncio.shield(self._task)
            except psycopg.Error as error:
                return error.sqlstate or ""
            return "done"

    async def stop(self) -> None:
        await self.connection.close()
        with suppress(psycopg.Error, asyncio.CancelledError):
            await self._task
