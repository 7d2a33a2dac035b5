"""The core's own thread and event loop, and the only bridge to it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any, Final, TypeVar

from providers.core.errors import FusionError
from providers.core.feed import Feed

T = TypeVar("T")

_ROUNDS: Final = 5


class Core:
    """Providers, feeds, gate and audit live on this loop: a terminal nobody reads never stops a watch or an action.

    The interface thread only subscribes and submits; nothing here waits for it.
    """

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._main, name="core", daemon=True)
        self._ready = threading.Event()
        self._door = threading.Lock()
        self._stopped = False

    def start(self) -> None:
        """Start the thread and return once its loop runs."""
        self._thread.start()
        self._ready.wait()

    def submit(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Run a coroutine on the core; the future belongs to the caller, cancelling it cancels the work.

        Raises FusionError once the core is stopped.
        """
        with self._door:
            if not self._stopped:
                return asyncio.run_coroutine_threadsafe(work, self._loop)
        work.close()
        raise FusionError("the console is being left")

    def call(self, work: Callable[[], object]) -> None:
        """Run a plain function on the core soon; does nothing once it is stopped."""
        with self._door:
            if not self._stopped:
                self._loop.call_soon_threadsafe(work)

    def subscribe(self, feed: Feed[Any], wake: Callable[[], None]) -> Callable[[], None]:
        """Listen from another thread. `wake` runs on the core and must only set a flag; returns what ends it."""
        ended = False
        end: Callable[[], None] | None = None

        def begin() -> None:
            nonlocal end
            if not ended:
                end = feed.subscribe(wake)

        def finish() -> None:
            nonlocal ended
            ended = True
            if end is not None:
                end()

        self.call(begin)
        return lambda: self.call(finish)

    def stop(self, deadline: float = 2.0) -> bool:
        """Cancel what still runs and end the thread; False when something did not end in time."""
        with self._door:
            first, self._stopped = not self._stopped, True
        if self._thread.ident is None:
            self._loop.close()
            return True
        if first:
            self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(deadline)
        return not self._thread.is_alive()

    def _main(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.call_soon(self._ready.set)
        try:
            self._loop.run_forever()
        finally:
            self._drain()
            self._loop.close()

    def _drain(self) -> None:
        # What is cancelled may start something to clean up with; a few rounds, not for ever.
        for _ in range(_ROUNDS):
            tasks = asyncio.all_tasks(self._loop)
            if not tasks:
                break
            for task in tasks:
                task.cancel()
            self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
