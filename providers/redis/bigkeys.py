"""Big keys, found by sampling: SCAN and MEMORY USAGE in steps so small that nobody behind the cache notices."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Any, Final

from providers.core.errors import BackendError, Denied, Garbled
from providers.core.text import clean
from providers.redis.client import RedisClient
from providers.redis.values import BigKey, BigKeys
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
    """Keeps its place in the database between sweeps. Not for use by two at once."""

    def __init__(self, client: RedisClient) -> None:
        self._client = client
        self._cursor = b"0"
        self._count = _COUNT[0]
        self._floor = 0.0
        self._seen = self._passes = 0
        self._slowest = 0.0
        self._biggest: dict[bytes, int] = {}
        self._known: dict[bytes, BigKey] = {}
        self._before: dict[bytes, BigKey] = {}

    async def sweep(self) -> BigKeys:
        """Look at the next keys, within the budget. Raises Denied with the rule to grant."""
        (total,) = await self._timed([("DBSIZE",)])
        await self._measure_floor()
        end, looked = time.monotonic() + LONGEST, 0
        while looked < MOST_KEYS and time.monotonic() < end:
            looked += await self._step()
            if self._cursor == b"0":
                break
            await asyncio.sleep(_PAUSE)
        await self._describe()
        return self._found(int(total))

    async def _step(self) -> int:
        """One SCAN, and the size of each key it gave."""
        (reply,) = await self._timed([("SCAN", self._cursor, "COUNT", self._count)])
        try:
            cursor, keys = reply
        except (TypeError, ValueError):
            raise Garbled("SCAN: the answer is not as it should be", source=self._client.source) from None
        for start in range(0, len(keys), _TOGETHER):
            await self._weigh(keys[start : start + _TOGETHER])
        self._seen += len(keys)
        self._cursor = cursor
        if cursor == b"0":
            await self._end_pass()
        return max(1, len(keys))

    async def _weigh(self, keys: Sequence[bytes]) -> None:
        replies = await self._timed([("MEMORY", "USAGE", key, "SAMPLES", _SAMPLES) for key in keys])
        # None: it expired in between.
        self._biggest.update((key, size) for key, size in zip(keys, replies, strict=True) if isinstance(size, int))
        if len(self._biggest) > 4 * SHOWN:
            self._biggest = dict(_top(self._biggest))

    async def _end_pass(self) -> None:
        """The whole database was seen: what was not seen again is no longer there."""
        await self._describe()
        self._before = {key: self._known[key] for key, _ in _top(self._biggest) if key in self._known}
        self._biggest, self._known = {}, {}
        self._passes += 1
        self._seen = 0

    async def _describe(self) -> None:
        """Type, time to live and length of those that are big enough to be shown, once a pass."""
        for key, size in _top(self._biggest):
            if key not in self._known:
                found = await self._described(key, size)
                if found is not None:
                    self._known[key] = found

    async def _described(self, key: bytes, size: int) -> BigKey | None:
        kind, ttl = await self._timed([("TYPE", key), ("PTTL", key)])
        kind = clean(kind, 40)
        if kind == "none":
            return None
        length = None
        if kind in _LENGTHS:
            (length,) = await self._timed([(_LENGTHS[kind], key)])
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

    def _found(self, total: int) -> BigKeys:
        """What is known from this pass, and from the one before where this has not been yet."""
        merged = {**self._before, **self._known}
        keys = sorted(merged.values(), key=lambda key: (-key.bytes, key.name))[:SHOWN]
        share = 1.0 if self._passes else min(1.0, self._seen / total) if total else 1.0
        seen = self._seen if self._seen or not self._passes else total
        return BigKeys(tuple(keys), self._client.database, seen, total, share, self._passes, self._slowest)


def _top(sizes: dict[bytes, int]) -> list[tuple[bytes, int]]:
    return sorted(sizes.items(), key=lambda item: -item[1])[:SHOWN]
