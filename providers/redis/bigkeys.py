"""Big keys, found by sampling: SCAN and MEMORY USAGE in steps so small that nobody behind the cache notices."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Any, Final

from providers.core.errors import BackendError, Denied, Garbled
from providers.core.text import clean
from providers.redis.client import RedisClient
from providers.redis.traffic import BigKey, BigKeys
from providers.redis.wire import Command

EVERY = 5.0
MOST_KEYS: Final = 4000
LONGEST: Final = 1.5
"""Keys and seconds of one sweep; the next goes on where it ended."""
SHOWN: Final = 50
HELD: Final = 0.001
"""Seconds that one call may hold the server."""
_PAUSE: Final = 0.002
_COUNT: Final = (4, 64)
"""Least and most keys that one SCAN asks for."""
_TOGETHER: Final = 8
"""MEMORY USAGE sent in one go: the server works them off before it turns to others."""
_SAMPLES: Final = 5
_LONGEST_KEY: Final = 200
_LENGTHS: Final = {
    "string": "STRLEN", "list": "LLEN", "set": "SCARD", "zset": "ZCARD", "hash": "HLEN", "stream": "XLEN",
}  # fmt: skip


class Sampler:
    """Keeps its place in the database between sweeps, and what was big so far. Not for use by two at once."""

    def __init__(self, client: RedisClient) -> None:
        self._client = client
        self._cursor = b"0"
        self._count = _COUNT[0]
        self._floor = 0.0
        self._seen = self._passes = 0
        self._slowest = 0.0
        self._sizes: dict[bytes, int] = {}
        self._lengths: dict[bytes, tuple[int, int | None]] = {}

    async def sweep(self) -> BigKeys:
        """Look at the next keys, within the budget, and again at the biggest. Raises Denied with the rule to grant."""
        (total,) = await self._timed([("DBSIZE",)])
        await self._measure_floor()
        end, looked = time.monotonic() + LONGEST, 0
        while looked < MOST_KEYS and time.monotonic() < end:
            looked += await self._step()
            if self._cursor == b"0":
                break
            await asyncio.sleep(_PAUSE)
        return self._found(await self._described(), int(total))

    async def _step(self) -> int:
        """One SCAN, and the size of each key it gave."""
        if self._cursor == b"0":
            self._seen = 0
        (reply,) = await self._timed([("SCAN", self._cursor, "COUNT", self._count)])
        try:
            self._cursor, keys = reply
        except (TypeError, ValueError):
            raise Garbled("SCAN: the answer is not as it should be", source=self._client.source) from None
        for start in range(0, len(keys), _TOGETHER):
            await self._weigh(keys[start : start + _TOGETHER])
        self._seen += len(keys)
        self._passes += self._cursor == b"0"
        return max(1, len(keys))

    async def _weigh(self, keys: Sequence[bytes]) -> None:
        replies = await self._timed([_usage(key) for key in keys])
        # None: it expired in between.
        self._sizes.update((key, size) for key, size in zip(keys, replies, strict=True) if isinstance(size, int))
        if len(self._sizes) > 4 * SHOWN:
            self._sizes = dict(_top(self._sizes))

    async def _described(self) -> list[BigKey]:
        """The biggest as they are now: what was deleted since is not among them."""
        found = [await self._describe(key) for key, _ in _top(self._sizes)]
        self._lengths = {key: self._lengths[key] for key, _ in _top(self._sizes) if key in self._lengths}
        return sorted((key for key in found if key is not None), key=lambda key: (-key.bytes, key.name))

    async def _describe(self, key: bytes) -> BigKey | None:
        size, kind, ttl = await self._timed([_usage(key), ("TYPE", key), ("PTTL", key)])
        if not isinstance(size, int):
            del self._sizes[key]
            return None
        self._sizes[key], kind = size, clean(kind, 40)
        # Asked for only when the size has changed: to an older server it counts as use of the key.
        known, length = self._lengths.get(key, (-1, None))
        if known != size and kind in _LENGTHS:
            (length,) = await self._timed([(_LENGTHS[kind], key)])
        self._lengths[key] = (size, length)
        return BigKey(clean(key, _LONGEST_KEY), kind, size, ttl / 1000 if ttl >= 0 else None, length)

    async def _timed(self, commands: Sequence[Command]) -> list[Any]:
        """Replies to one call; how long the server was held by it decides how much the next may ask for."""
        replies = await self._client.ask_all(commands)
        held = max(0.0, self._client.round_trip - self._floor) if self._floor else 0.0
        self._slowest = max(self._slowest, held)
        least, most = _COUNT
        self._count = max(least, self._count // 2) if held > HELD / 2 else min(most, self._count + 1)
        for reply in replies:
            if isinstance(reply, Denied) or (isinstance(reply, BackendError) and len(replies) == 1):
                raise reply
        return replies

    async def _measure_floor(self) -> None:
        """The round trip without work."""
        times = []
        for _ in range(3):
            await self._client.ask("PING")
            times.append(self._client.round_trip)
        self._floor = min(times)

    def _found(self, keys: Sequence[BigKey], total: int) -> BigKeys:
        share = 1.0 if self._passes else min(1.0, self._seen / total) if total else 1.0
        return BigKeys(tuple(keys), self._client.database, self._seen, total, share, self._passes, self._slowest)


def _usage(key: bytes) -> Command:
    return ("MEMORY", "USAGE", key, "SAMPLES", _SAMPLES)


def _top(sizes: dict[bytes, int]) -> list[tuple[bytes, int]]:
    return sorted(sizes.items(), key=lambda item: -item[1])[:SHOWN]
