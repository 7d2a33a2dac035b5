"""Looking at a change that was sent again and again, until it is done, stuck or failed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable

from providers.core.action import Progress, Stage
from providers.core.backoff import Backoff
from providers.core.errors import BackendError


async def followed(
    look: Callable[[], Awaitable[Progress]],
    *,
    every: float,
    longest: float,
    patience: Backoff | None = None,
    late: str = "",
) -> AsyncGenerator[Progress, None]:
    """What `look` says, each different from the last, `every` seconds until it is running no more.

    A BackendError of it is waited out, by `patience` where that is given. After `longest` seconds the change is stuck:
    `late` says so, or else what was seen last.
    """
    last: Progress | None = None
    end, cuts = time.monotonic() + longest, 0
    while time.monotonic() < end:
        try:
            progress, cuts = await look(), 0
        except BackendError as error:
            progress, cuts = Progress(Stage.RUNNING, f"cannot see it just now: {error.message}"), cuts + 1
        if progress != last:
            yield progress
            last = progress
        if progress.stage is not Stage.RUNNING:
            return
        await asyncio.sleep(patience.delay(cuts) if patience and cuts else every)
    seen = last.message if last else "nothing"
    yield Progress(Stage.STUCK, late or f"not done after {longest:g} s; last seen: {seen}")
