"""What can be wrong with the cache."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Final

from redis.asyncio import Redis
from redis.exceptions import ConnectionError as NoConnection
from redis.exceptions import OutOfMemoryError, RedisError

from providers.core.errors import Unreachable, UsageError
from sandbox.cluster.nodes.estate.config import REDIS
from sandbox.fault import Fault, Felt
from sandbox.redis.process import APPLICATION, SETTINGS, client_of
from sandbox.redis.server import Cache
from sandbox.until import until

CROWD: Final = 1000
"""Clients to open at most, whatever the server says."""
_SHOWS: Final = 10.0
"""Seconds within which a fault must show."""
_FULL: Final = "max number of clients"
_SLOW: Final = 10_000
"""Microseconds of a command that count as slow here."""
_REST: Final = 0.1
"""Seconds between two slow commands."""
_SCAN: Final = (
    "for i = 1, 100 do redis.call('KEYS', 'session:*' .. i) end return redis.call('ZCARD', 'orderbook:BTC-ETH')"
)
"""Somebody's script that looks for sessions by reading every key, again and again."""


async def _down(cache: Cache) -> None:
    await cache.front.hang_up()
    await cache.server.stop()


async def _up(cache: Cache) -> None:
    """Nothing was kept on disk: it gets its keys again."""
    if not cache.child.running:
        await cache.server.start()
        await cache.fill()
        await cache.keep()
    cache.front.listen()


@asynccontextmanager
async def _keeper(cache: Cache) -> AsyncIterator[Redis]:
    if not cache.child.running:
        raise UsageError("the cache is down", fix="fusion-console sandbox heal redis-down")
    try:
        yield cache.keeper
    except (RedisError, OSError) as error:
        raise Unreachable(f"the cache does not do it: {error}") from error


async def _limit_memory(cache: Cache) -> None:
    async with _keeper(cache) as keeper:
        used = int((await keeper.info("memory"))["used_memory"])
        await keeper.config_set("maxmemory-policy", "noeviction")
        await keeper.config_set("maxmemory", used * 9 // 10)
        await until(partial(_refuses, keeper), "a write is refused", _SHOWS)


async def _refuses(keeper: Redis) -> bool:
    try:
        await keeper.set("quote:probe", "1", ex=1)
    except OutOfMemoryError:
        return True
    return False


async def _give_memory(cache: Cache) -> None:
    if not cache.child.running:
        return
    async with _keeper(cache) as keeper:
        for name in ("maxmemory", "maxmemory-policy"):
            await keeper.config_set(name, SETTINGS[name])


async def _crowd(cache: Cache) -> None:
    async with _keeper(cache):
        while len(cache.held) < CROWD:
            client = client_of(cache.url(APPLICATION), "fusion-bitcoin-resolver")
            try:
                await client.initialize()
                await client.ping()
            except NoConnection as refusal:
                await client.aclose()
                if _FULL not in str(refusal):
                    raise
                return
            cache.held.append(client)


async def _disperse(cache: Cache) -> None:
    await cache.disperse()


async def _load(cache: Cache) -> None:
    async with _keeper(cache) as keeper:
        if cache.load is None:
            cache.load = asyncio.create_task(_scan(cache.url(APPLICATION)), name="redis-slow")
        await until(partial(_shows, keeper), "a slow script is in the slow log", _SHOWS)


async def _scan(url: str) -> None:
    """As long as the fault lasts, also past a restart of the server."""
    while True:
        try:
            async with client_of(url, "fusion-bitcoin-frontend") as client:
                while True:
                    running: Any = client.eval(_SCAN, 0)
                    await running
                    await asyncio.sleep(_REST)
        except (RedisError, OSError):
            await asyncio.sleep(1)


async def _shows(keeper: Redis) -> bool:
    entries = await keeper.slowlog_get(10)
    latest: list[list[Any]] = await keeper.latency_latest()
    slow = [entry for entry in entries if entry["duration"] > _SLOW and entry["command"].startswith(b"EVAL")]
    return bool(slow) and any(event[0] == b"command" for event in latest)


async def _unload(cache: Cache) -> None:
    await cache.unload()


_AT: Final = f"{REDIS[0]}:{REDIS[1]}"

CACHE_FAULTS: tuple[Fault[Cache], ...] = (
    Fault(
        "redis-down", "The cache's server is gone: connections are refused, and what was in it is lost.",
        ("R02", "R01"), _down, _up,
        Felt("redis", "cache unavailable", (("op", "mget"),), f"dial tcp {_AT}: connect: connection refused"),
    ),
    Fault(
        "redis-maxclients", "The resolver leaks connections to the cache until its maxclients: nobody else gets in.",
        ("R05", "R07"), _crowd, _disperse,
        Felt("redis", "cache unavailable", (("op", "connect"),), f"ERR {_FULL} reached"),
    ),
    Fault(
        "redis-memory-pressure", "The cache is full and may evict nothing (noeviction): every write is refused (OOM).",
        ("R03",), _limit_memory, _give_memory,
        Felt(
            "redis", "cache write refused",
            (("op", "set"), ("err", "OOM command not allowed when used memory > 'maxmemory'.")),
        ),
    ),
    Fault(
        "redis-slow", "A client runs a script over all keys ten times a second: every command waits for it.",
        ("R06",), _load, _unload,
        Felt("redis", "cache slow", (("op", "mget"), ("took_ms", 38.5)), level="warn"),
    ),
)  # fmt: skip
