"""One picture made of several feeds."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from typing import Any, TypeVar

from providers.core.backoff import Backoff
from providers.core.feed import Feed, FeedFailed, Reading

T = TypeVar("T")

GATHER = 0.1
"""Seconds to wait for the other parts of one change: a rollout moves pods, events and deployments at once."""


def combine(
    name: str,
    source: str,
    required: Sequence[Feed[Any]],
    optional: Sequence[Feed[Any]],
    join: Callable[[Sequence[Any], Sequence[Reading[Any]]], T],
) -> Feed[T]:
    """A feed whose value is `join(values of required, readings of optional)`, anew after each change of a part.

    A fault of a required part is the fault of the whole; an optional part is handed over as its reading, so that
    its gap shows where it is and nowhere else. Raises (inside the feed) FeedFailed with the part's own fault.
    """
    parts = (*required, *optional)

    async def stream() -> AsyncGenerator[T, None]:
        changed = asyncio.Event()
        # What a part said before we listened may be long over: only what it says from now on counts as its fault.
        before = [feed.latest for feed in required]
        ends = [feed.subscribe(changed.set) for feed in parts]
        try:
            while True:
                changed.clear()
                _raise_fault(required, before)
                if all(feed.latest.state == "live" for feed in required):
                    yield join([feed.latest.value for feed in required], [feed.latest for feed in optional])
                await changed.wait()
                await asyncio.sleep(GATHER)
        finally:
            for end in ends:
                end()

    # The parts do the backing off; this one only has to notice soon that they are back.
    return Feed(name, source, stream, backoff=Backoff(first=0.5, cap=0.5, jitter=0.2))


def _raise_fault(feeds: Sequence[Feed[Any]], before: Sequence[Reading[Any]]) -> None:
    for feed, old in zip(feeds, before, strict=True):
        if feed.latest.fault is not None and feed.latest is not old:
            raise FeedFailed(feed.latest.fault, feed.source)
