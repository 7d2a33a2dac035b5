"""After a change was sent: was it made, where has it got to, is all well. Reading only."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import aclosing
from typing import Final

import msgspec

from providers.core.action import Progress, Stage, Steps
from providers.core.backoff import Backoff
from providers.core.check import Finding
from providers.core.errors import FusionError

FOLLOW_LIMIT: Final = 1800.0
"""Seconds a change is followed; Kubernetes gives up on a rollout after 600 (progressDeadlineSeconds)."""
VERIFY_LIMIT: Final = 60.0


class Readback(msgspec.Struct, frozen=True):
    """How often and how patiently a target is read after the answer to a change was lost (`timeout` in seconds)."""

    tries: int = 4
    backoff: Backoff = Backoff(first=0.5, cap=4.0, jitter=0.25)
    timeout: float = 20.0


async def read_back(steps: Steps, how: Readback) -> bool | None:
    """Whether the change is there; None when it cannot be told.

    "There" is believed at once. "Not there" only when it still holds at the last try: a request that timed out here may
    be worked on there.
    """
    found: bool | None = None
    try:
        async with asyncio.timeout(how.timeout):
            for attempt in range(how.tries):
                await asyncio.sleep(how.backoff.delay(attempt))
                found = await _settled(steps)
                if found:
                    return True
    except TimeoutError:
        return None
    return found


async def _settled(steps: Steps) -> bool | None:
    try:
        return await steps.settled()
    except FusionError:
        return None


async def follow(steps: Steps, report: Callable[[Progress], None]) -> Progress | None:
    """Report every step until the change is done, stuck or failed; returns the last. Raises what reading raises."""
    last: Progress | None = None
    try:
        async with asyncio.timeout(FOLLOW_LIMIT), aclosing(steps.follow()) as steps_taken:
            async for last in steps_taken:
                report(last)
    except TimeoutError:
        return Progress(
            Stage.STUCK, f"still under way after {FOLLOW_LIMIT / 60:g} min", last.fraction if last else None
        )
    return last


async def verify(steps: Steps) -> Sequence[Finding]:
    """Judge health now. Raises TimeoutError, and what the judging raises."""
    async with asyncio.timeout(VERIFY_LIMIT):
        return await steps.verify()
