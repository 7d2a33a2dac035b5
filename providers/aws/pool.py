"""Threads for a library that blocks: few, bounded, and never waited for."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from types import TracebackType
from typing import Any, Final, TypeVar

from providers.core.errors import Throttled

T = TypeVar("T")

THREADS: Final = 6
WAITING: Final = 128
"""Calls that may wait for a thread; more are turned away, as a system that hangs would pile them up."""


class Pool:
    """Daemon threads of one backend: a hung call holds up neither other backends nor the end of the console.

    `concurrent.futures` joins its threads at exit, so a hung call would keep the process alive.
    """

    def __init__(self, name: str, threads: int = THREADS) -> None:
        self._name = name
        self._most = threads
        self._queue: SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = SimpleQueue()
        self._idle = threading.Semaphore(0)
        self._threads: list[threading.Thread] = []
        self._closed = False

    async def run(self, work: Callable[[], T]) -> T:
        """The result of `work`; cancelled before its turn it does not run. Raises Throttled when too many wait."""
        if self._closed or self._queue.qsize() >= WAITING:
            raise Throttled("too many calls wait for an answer already", source=self._name)
        future: Future[T] = Future()
        self._queue.put((future, work))
        self._grow()
        return await asyncio.wrap_future(future)

    def close(self) -> None:
        """Let idle threads go and drop what waits; what hangs is left behind."""
        self._closed = True
        while not self._queue.empty():
            if (item := self._queue.get()) is not None:
                item[0].cancel()
        for _ in self._threads:
            self._queue.put(None)

    def _grow(self) -> None:
        if self._idle.acquire(blocking=False) or len(self._threads) >= self._most:
            return
        thread = threading.Thread(target=self._serve, name=f"{self._name} {len(self._threads)}", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _serve(self) -> None:
        while (item := self._queue.get()) is not None:
            future, work = item
            if future.set_running_or_notify_cancel():
                with _Delivered(future):
                    future.set_result(work())
            # The last result must not live on in an idle thread.
            del item, future, work
            self._idle.release()


class _Delivered:
    """Hands what is raised inside to whoever waits for the future."""

    def __init__(self, future: Future[Any]) -> None:
        self._future = future

    def __enter__(self) -> None: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if error is not None and not self._future.done():
            self._future.set_exception(error)
        return True
