"""What the bridge does with its cache: sessions, prices, quotes and swaps that come, are read, and expire."""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress
from typing import Any, Final

from redis.asyncio import Redis
from redis.exceptions import OutOfMemoryError, RedisError

from providers.core.backoff import Backoff
from sandbox.redis.process import client_of
from sandbox.tasks import end

CLIENTS: Final = (
    ("fusion-bitcoin-relayer", 0.12),
    ("fusion-bitcoin-resolver", 0.08),
    ("fusion-bitcoin-frontend", 0.15),
)
"""Connections: client name and mean pause in seconds."""
_KEYS: Final = (("session", 1500, 3600), ("quote", 800, 120), ("swap", 1200, 86_400), ("price", 12, 90))
"""Kind of key, how many, and how long they live, in seconds."""


async def seed_keys(url: str, seed: int) -> None:
    """A few thousand keys, and two that are big."""
    rng = random.Random(seed)
    async with Redis.from_url(url) as client, client.pipeline(transaction=False) as pipe:
        for kind, count, life in _KEYS:
            for at in range(count):
                pipe.set(f"{kind}:{at}", f"{rng.getrandbits(256):x}", ex=rng.randint(life // 2, life))
        pipe.zadd("orderbook:BTC-ETH", {f"order-{at}": rng.random() for at in range(20_000)})
        pipe.hset("swap:archive", mapping={f"s{at}": f"{rng.getrandbits(512):x}" for at in range(5_000)})
        pipe.sadd("relayer:nonces", *range(3_000))
        await pipe.execute()


class Workload:
    """`start` and `stop`; every client reconnects with back-off when the server goes."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._tasks: list[asyncio.Task[None]] = []

    def start(self, seed: int) -> None:
        """Begin."""
        self._tasks = [
            asyncio.create_task(self._client(random.Random(seed + at), *client), name=f"workload {client[0]}")
            for at, client in enumerate(CLIENTS)
        ]

    async def stop(self) -> None:
        """End every client; safe to call twice."""
        await end(self._tasks)
        self._tasks = []

    async def _client(self, rng: random.Random, name: str, pause: float) -> None:
        backoff, attempt = Backoff(first=0.2, cap=5.0), 0
        while True:
            try:
                async with client_of(self._url, name) as client:
                    while True:
                        # A full cache refuses writes and still answers reads.
                        with suppress(OutOfMemoryError):
                            await _one(client, rng)
                        attempt = 0
                        await asyncio.sleep(rng.expovariate(1 / pause))
            except (RedisError, OSError):
                await asyncio.sleep(backoff.delay(attempt))
                attempt += 1


async def _one(client: Redis, rng: random.Random) -> None:
    """One thing a service does; about one read in six finds nothing."""
    kind, count, life = rng.choice(_KEYS)
    key = f"{kind}:{rng.randrange(count + count // 5)}"
    match rng.randrange(12):
        case 0:
            await client.set(f"{kind}:{rng.randrange(count)}", f"{rng.getrandbits(256):x}", ex=life)
        case 1:
            found: Any = client.zrange("orderbook:BTC-ETH", 0, 20)
            await found
        case 2:
            await client.incr("relayer:nonce")
        case 3 if rng.random() < 0.05:
            # Slow on purpose, as somebody's forgotten debugging is: it shows in the slow log.
            await client.keys("session:9*")
        case _:
            await client.get(key)
