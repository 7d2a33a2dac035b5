"""The server as a whole, with what moved between two readings."""

from __future__ import annotations

import time
from typing import Final

import msgspec

from providers.postgres.activity import own
from providers.postgres.client import PgClient
from providers.postgres.values import Overview

EVERY: Final = 2.0
SIZE_EVERY: Final = 60.0
"""Seconds between two looks at the size: the server looks at every file for it."""


class OverviewReader:
    """Remembers the reading before, for rates."""

    def __init__(self, client: PgClient) -> None:
        self._client = client
        self._before: Overview | None = None
        self._size = 0
        self._sized = float("-inf")

    async def read(self) -> Overview:
        """One statement, and once a minute another."""
        now = (await self._client.values("overview", Overview, own(self._client)))[0]
        if time.monotonic() - self._sized >= SIZE_EVERY:
            self._size = (await self._client.read("size"))[0]["size"]
            self._sized = time.monotonic()
        before, self._before = self._before, now
        return msgspec.structs.replace(with_rates(now, before), size=self._size)


def with_rates(now: Overview, before: Overview | None) -> Overview:
    """The rates of the interval; none across a restart or a reset of the counters."""
    if before is None or (before.started, before.stats_reset) != (now.started, now.stats_reset):
        return now
    seconds = now.clock - before.clock
    hits, reads = now.hits - before.hits, now.reads - before.reads
    if seconds <= 0 or min(hits, reads, now.commits - before.commits) < 0:
        return now
    return msgspec.structs.replace(
        now,
        commits_per_second=(now.commits - before.commits) / seconds,
        rollbacks_per_second=(now.rollbacks - before.rollbacks) / seconds,
        hit_ratio_now=hits / (hits + reads) if hits + reads else None,
    )
