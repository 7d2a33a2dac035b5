"""What the bridge does in its database: a few connections, a few dozen statements a second, never growing."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

import psycopg

from providers.core.backoff import Backoff
from sandbox.cluster.nodes.programs.bridge import Bridge
from sandbox.postgres.seeding import SWAPS, pair
from sandbox.tasks import end

Connection = psycopg.AsyncConnection[tuple[Any, ...]]
Job = Callable[[Connection, random.Random, Bridge], Awaitable[None]]
Client = tuple[str, float, tuple[Job, ...]]

KEPT: Final = 8000
"""Rows of swaps and prices after which the oldest make room."""


async def _open_swaps(db: Connection, rng: random.Random, bridge: Bridge) -> None:
    await db.execute("SELECT id, pair, amount_sat FROM swaps WHERE state <> 'settled' ORDER BY created_at LIMIT 50")


async def _one_swap(db: Connection, rng: random.Random, bridge: Bridge) -> None:
    await db.execute(
        "SELECT * FROM swaps JOIN htlcs ON swap_id = swaps.id WHERE swaps.id = %s", (rng.randint(1, SWAPS),)
    )


async def _by_maker(db: Connection, rng: random.Random, bridge: Bridge) -> None:
    await db.execute("SELECT count(*), sum(amount_sat) FROM swaps WHERE maker LIKE %s", (f"%{rng.randint(100, 999)}%",))


async def _confirm(db: Connection, rng: random.Random, bridge: Bridge) -> None:
    await db.execute(
        "UPDATE confirmations SET confirmations = least(confirmations + 1, 6), seen_at = now() WHERE swap_id = %s",
        (rng.randint(1, SWAPS),),
    )


async def _new_swap(db: Connection, rng: random.Random, bridge: Bridge) -> None:
    """The newest swap in a transaction that thinks for a moment: seen as idle in transaction."""
    swap = bridge.newest(time.time())
    async with db.transaction():
        await db.execute(
            "INSERT INTO swaps (swap, maker, pair, amount_sat, state, created_at)"
            " SELECT %(swap)s, %(maker)s, %(pair)s, %(sats)s, 'pending', now()"
            " WHERE NOT EXISTS (SELECT FROM swaps WHERE swap = %(swap)s)",
            {"swap": swap.id, "maker": f"bc1q{rng.getrandbits(128):032x}", "pair": pair(swap), "sats": swap.sats},
        )
        await asyncio.sleep(rng.uniform(0.0, 1.5))
        await db.execute(
            "UPDATE swaps SET state = 'settled', settled_at = now()"
            " WHERE state = 'pending' AND created_at < now() - interval '66 minutes'"
        )
        await db.execute("DELETE FROM swaps WHERE id <= (SELECT max(id) - %s FROM swaps)", (KEPT,))


async def _price(db: Connection, rng: random.Random, bridge: Bridge) -> None:
    await db.execute(
        "INSERT INTO prices (feed, pair, value, at) VALUES (%s, 'BTC/USD', %s, now())",
        (rng.choice(("feed-a", "feed-b")), 97_000 + rng.random() * 900),
    )
    await db.execute("DELETE FROM prices WHERE id <= (SELECT max(id) - %s FROM prices)", (KEPT,))


async def _newest_price(db: Connection, rng: random.Random, bridge: Bridge) -> None:
    await db.execute("SELECT value, at FROM prices WHERE pair = 'BTC/USD' ORDER BY at DESC LIMIT 1")


async def _pools(db: Connection, rng: random.Random, bridge: Bridge) -> None:
    await db.execute(
        "UPDATE liquidity_pools SET reserved_sat = reserved_sat + %s, updated_at = now() WHERE name = %s",
        (rng.choice((-1000, 1000)), rng.choice(("wbtc-eth", "wbtc-usdc", "btc-hot"))),
    )


async def _page(db: Connection, rng: random.Random, bridge: Bridge) -> None:
    await db.execute("SELECT pair, count(*), avg(amount_sat) FROM swaps GROUP BY pair ORDER BY pair")


CLIENTS: Final[tuple[Client, ...]] = (
    ("fusion-bitcoin-relayer", 0.25, (_open_swaps, _one_swap, _confirm, _new_swap)),
    ("fusion-bitcoin-relayer", 0.35, (_one_swap, _one_swap, _confirm)),
    ("fusion-bitcoin-resolver", 0.2, (_newest_price, _price, _pools, _newest_price)),
    ("fusion-bitcoin-frontend", 0.5, (_one_swap, _page, _by_maker)),
)
"""Connections: application name, mean pause in seconds, and what it does in turn."""
POOLED: Final[tuple[Client, ...]] = (
    ("fusion-bitcoin-frontend", 0.3, (_one_swap, _newest_price)),
    ("fusion-bitcoin-frontend", 0.4, (_pools, _one_swap)),
)
"""Those that come through the pooler."""


class Workload:
    """`start` and `stop`; every client reconnects with back-off when the server goes."""

    def __init__(self, dsn: Callable[[], str], clients: tuple[Client, ...] = CLIENTS) -> None:
        self._dsn = dsn
        self._clients = clients
        self._tasks: list[asyncio.Task[None]] = []

    def start(self, seed: int) -> None:
        """Begin; needs the role fusion_app."""
        self._tasks = [
            asyncio.create_task(
                self._client(random.Random(seed + at), Bridge(seed), *client), name=f"workload {client[0]}"
            )
            for at, client in enumerate(self._clients)
        ]

    async def stop(self) -> None:
        """End every client; safe to call twice."""
        await end(self._tasks)
        self._tasks = []

    async def _client(self, rng: random.Random, bridge: Bridge, name: str, pause: float, jobs: tuple[Job, ...]) -> None:
        backoff, attempt = Backoff(first=0.2, cap=5.0), 0
        while True:
            try:
                # A pooler gives each transaction another session: nothing may be prepared in one.
                connection = await psycopg.AsyncConnection.connect(
                    self._dsn(), autocommit=True, application_name=name, connect_timeout=3, prepare_threshold=None
                )
                async with connection:
                    attempt = 0
                    await self._work(connection, rng, bridge, pause, jobs)
            except psycopg.Error:
                await asyncio.sleep(backoff.delay(attempt))
                attempt += 1

    async def _work(
        self, connection: Connection, rng: random.Random, bridge: Bridge, pause: float, jobs: tuple[Job, ...]
    ) -> None:
        while True:
            for job in jobs:
                await job(connection, rng, bridge)
                await asyncio.sleep(rng.expovariate(1 / pause))
