"""The resolver: quotes prices and keeps the liquidity pools level. Port 3001."""

from __future__ import annotations

from typing import Any, ClassVar

from sandbox.cluster.nodes.programs.box import Box
from sandbox.cluster.nodes.programs.bridge import FEEDS, POOLS, Bridge
from sandbox.cluster.nodes.programs.exposition import Gauge
from sandbox.cluster.nodes.programs.service import Line, Service


class Resolver(Service):
    """See `Service`."""

    port: ClassVar[int] = 3001
    rate: ClassVar[float] = 9.0
    needs: ClassVar[frozenset[str]] = frozenset({"database", "redis"})
    base_memory = 190 * 2**20
    base_cpu = 110
    tools = frozenset({"curl", "pg_isready", "redis-cli", "nc", "netstat"})

    def greeting(self, box: Box) -> list[Line]:
        """See `Service`."""
        return [
            ("info", "price feeds subscribed", {"feeds": len(FEEDS), "max_age_s": FEEDS[0].limit}),
            ("info", "liquidity pools opened", {"pools": [pool.name for pool in POOLS]}),
            ("info", "redis connected", {"host": box.env.get("REDIS_HOST", "")}),
        ]

    def line(self, box: Box, at: float) -> Line:
        """See `Service`."""
        pick, bridge = box.rng.random(), box.world.bridge
        if pick < 0.26:
            return _liquidity(box, bridge, at)
        if pick < 0.48:
            return _price(box, bridge, at)
        if pick < 0.6:
            return "info", "cache", {"op": "mget", "hit_ratio": round(0.9 + 0.09 * bridge.drift("hits", at, 90), 3),
                                     "took_ms": round(0.3 + bridge.drift("redis", at, 60), 2)}  # fmt: skip
        if pick < 0.615:
            return "error", "quote rejected", {"pool": "wbtc-usdc", "err": "slippage above limit: 0.84% > 0.50%"}
        return _quote(box, bridge, at)

    def dependencies(self, box: Box, at: float) -> dict[str, Any]:
        """See `Service`."""
        bridge = box.world.bridge
        feeds = {
            f"price {feed.name} {feed.pair}": {"status": "up", "age_s": bridge.price_age(feed, at)} for feed in FEEDS
        }
        return {"redis": {"status": "up", "latency_ms": round(0.3 + bridge.drift("redis", at, 60), 2)}, **feeds}

    def gauges(self, box: Box, at: float) -> list[Gauge]:
        """See `Service`."""
        bridge = box.world.bridge
        level, low = "What the pool holds.", "Where the resolver begins to warn."
        prices = "Newest price."
        return [
            *(("liquidity_pool_level", level, {"pool": p.name, "asset": p.asset}, bridge.level(p, at)) for p in POOLS),
            *(("liquidity_pool_low_mark", low, {"pool": p.name, "asset": p.asset}, p.low) for p in POOLS),
            *(("price_feed_value", prices, {"feed": f.name, "pair": f.pair}, bridge.price(f, at)) for f in FEEDS),
            *(
                ("price_feed_age_seconds", "Age.", {"feed": f.name, "pair": f.pair}, bridge.price_age(f, at))
                for f in FEEDS
            ),
        ]


def _liquidity(box: Box, bridge: Bridge, at: float) -> Line:
    pool = box.rng.choice(POOLS)
    level = bridge.level(pool, at)
    fields = {"pool": pool.name, "asset": pool.asset, "amount": level, "low_mark": pool.low}
    return ("warn", "liquidity low", fields) if level < pool.low * 1.15 else ("info", "liquidity level", fields)


def _price(box: Box, bridge: Bridge, at: float) -> Line:
    feed = box.rng.choice(FEEDS)
    age = bridge.price_age(feed, at)
    fields = {
        "feed": feed.name,
        "pair": feed.pair,
        "price": bridge.price(feed, at),
        "age_s": age,
        "max_age_s": feed.limit,
    }
    return ("warn", "price feed stale", fields) if age > feed.limit else ("info", "price updated", fields)


def _quote(box: Box, bridge: Bridge, at: float) -> Line:
    swap = bridge.newest(at)
    fields = {
        "swap": swap.id, "direction": swap.direction, "sats": swap.sats, "pool": box.rng.choice(POOLS).name,
        "spread_bp": box.rng.randrange(8, 45), "took_ms": round(box.rng.lognormvariate(2.2, 0.5), 1),
    }  # fmt: skip
    return "info", "quote given", fields
