"""Looking at a target again and again, until a change is done, stuck or failed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Final

from providers.core.action import Progress, Stage
from providers.core.errors import BackendError, NotFound, Unauthenticated

EVERY: Final = 2.0
PATIENCE: Final = 300.0
"""Seconds a target that cannot be seen is waited for."""

Look = Callable[[float], Awaitable[Progress]]
"""What is true now, given the seconds since the request was answered."""


async def watched(look: Look, every: float = EVERY) -> AsyncGenerator[Progress, None]:
    """What `look` says, each time it says something new, up to the end. What cannot be seen for a while is said."""
    started = seen = time.monotonic()
    last: Progress | None = None
    while last is None or last.stage is Stage.RUNNING:
        if last is not None:
            await asyncio.sleep(every)
        try:
            now = await look(time.monotonic() - started)
            seen = time.monotonic()
        except BackendError as error:
            now = _unseen(error, time.monotonic() - seen)
        if last is None or now != last:
            yield now
        last = now


def _unseen(error: BackendError, seconds: float) -> Progress:
    # What was just made may not be listed yet; what is still not there later never will be.
    if seconds <= PATIENCE and not isinstance(error, Unauthenticated):
        stage = Stage.RUNNING
    else:
        stage = Stage.FAILED if isinstance(error, NotFound) else Stage.STUCK
    return Progress(stage, f"cannot see it just now: {error.message}")
