"""The relayer: carries proofs and transactions between the chains. Port 3000."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, ClassVar

from sandbox.cluster.nodes.programs.box import Box
from sandbox.cluster.nodes.programs.bridge import OWED, Bridge, Swap
from sandbox.cluster.nodes.programs.exposition import Gauge
from sandbox.cluster.nodes.programs.service import Line, Service, panic
from sandbox.cluster.seams import HttpAnswer

NEEDED_SINCE = "1.3.0"
NEEDED = "FEE_ORACLE_URL"
"""Environment that release 1.3.0 and later cannot start without: what makes that release a bad one."""
POOL_SIZE = 20


def _subject(swap: Swap) -> dict[str, Any]:
    return {"swap": swap.id, "direction": swap.direction}


class Relayer(Service):
    """See `Service`."""

    port: ClassVar[int] = 3000
    rate: ClassVar[float] = 6.0
    needs: ClassVar[frozenset[str]] = frozenset({"database", "redis"})
    base_memory = 310 * 2**20
    base_cpu = 140
    tools = frozenset({"curl", "pg_isready", "redis-cli", "nc", "telnet", "netstat", "ss"})

    def broken(self, box: Box) -> int | None:
        """See `Service`."""
        if tuple(box.version.split(".")) >= tuple(NEEDED_SINCE.split(".")) and not box.env.get(NEEDED):
            text = f"config: required key {NEEDED} is not set (needed since {NEEDED_SINCE})"
            box.say("error", "invalid configuration", err=text, source="configmap/fusion-bitcoin-config")
            panic(box, text)
            return 1
        return super().broken(box)

    def greeting(self, box: Box) -> list[Line]:
        """See `Service`."""
        at, bridge = time.time(), box.world.bridge
        return [
            ("info", "configuration loaded", {"confirmations": OWED, "max_fee_sat_vb": 120}),
            ("info", "database connected", {"host": box.env.get("DATABASE_HOST", ""), "pool": POOL_SIZE}),
            ("info", "chains in sync", {"btc_height": bridge.btc_height(at), "eth_block": bridge.eth_block(at)}),
        ]

    def line(self, box: Box, at: float) -> Line:
        """See `Service`."""
        pick = box.rng.random()
        for share, tell in _TALES:
            if pick < share:
                return tell(box, box.world.bridge, at)
            pick -= share
        return _confirming(box, box.world.bridge, at)

    def dependencies(self, box: Box, at: float) -> dict[str, Any]:
        """See `Service`."""
        bridge = box.world.bridge
        return {
            "database": {"status": "up", "latency_ms": round(1 + 4 * bridge.drift("pg", at, 60), 1)},
            "redis": {"status": "up", "latency_ms": round(0.3 + bridge.drift("redis", at, 60), 2)},
            "bitcoin": {"status": "up", "height": bridge.btc_height(at)},
            "ethereum": {"status": "up", "block": bridge.eth_block(at), "gas_gwei": bridge.gas_gwei(at)},
        }

    def gauges(self, box: Box, at: float) -> list[Gauge]:
        """See `Service`."""
        bridge = box.world.bridge
        in_use = 2 + int(9 * bridge.drift(f"pool/{box.name}", at, 45))
        return [
            ("bridge_pending_transactions", "Transactions sent and not mined.", {}, bridge.pending(at)),
            ("bridge_oldest_pending_seconds", "Age of the oldest of them.", {}, bridge.oldest_pending(at)),
            ("bridge_open_swaps", "Swaps that wait for confirmations.", {}, sum(1 for _ in bridge.open_swaps(at))),
            ("bridge_chain_height", "Newest block seen.", {"chain": "bitcoin"}, bridge.btc_height(at)),
            ("bridge_chain_height", "Newest block seen.", {"chain": "ethereum"}, bridge.eth_block(at)),
            ("bridge_gas_price_gwei", "Gas price.", {}, bridge.gas_gwei(at)),
            ("bridge_btc_fee_sat_vb", "Bitcoin fee rate.", {}, bridge.fee_rate(at)),
            ("pg_pool_connections", "Connections of the pool.", {"state": "in_use"}, in_use),
            ("pg_pool_connections", "Connections of the pool.", {"state": "idle"}, POOL_SIZE - in_use),
            ("pg_pool_max_connections", "Size of the pool.", {}, POOL_SIZE),
        ]

    def pages(self) -> dict[str, Callable[[Box], HttpAnswer]]:
        """See `Service`."""
        return {"/debug/pprof/profile": _profile, "/debug/pprof/heap": _profile}


def _profile(box: Box) -> HttpAnswer:
    # A gzip header and bytes that stand for the protobuf within.
    body = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x04\xff" + bytes(box.rng.randrange(256) for _ in range(2048))
    disposition = 'attachment; filename="profile"'
    return HttpAnswer(200, body, {"Content-Type": "application/octet-stream", "Content-Disposition": disposition})


def _confirming(box: Box, bridge: Bridge, at: float) -> Line:
    swap = bridge.newest(at, box.rng.uniform(60, 3600))
    have = bridge.confirmations(swap, at)
    fields = {**_subject(swap), "txid": swap.btc_tx, "confirmations": have, "owed": OWED - have, "required": OWED}
    return "info", "waiting for confirmations" if have < OWED else "bitcoin payment confirmed", fields


def _locked(box: Box, bridge: Bridge, at: float) -> Line:
    swap = bridge.newest(at, box.rng.uniform(0, 40))
    amount = f"{swap.sats / 1e8:.8f}"
    return "info", "HTLC locked", {
        **_subject(swap), "amount_btc": amount, "hashlock": swap.hashlock, "timelock_s": 7200, "tx": swap.eth_tx,
        "nonce": bridge.nonce(at), "gas_gwei": bridge.gas_gwei(at),
    }  # fmt: skip


def _claimed(box: Box, bridge: Bridge, at: float) -> Line:
    swap = bridge.newest(at, box.rng.uniform(3600, 5400))
    if swap.refunded:
        return "warn", "HTLC refunded after timelock", {**_subject(swap), "tx": swap.eth_tx, "sats": swap.sats}
    took = int(at - swap.born)
    return "info", "HTLC claimed", {**_subject(swap), "tx": swap.eth_tx, "sats": swap.sats, "took_s": took}


def _pending(box: Box, bridge: Bridge, at: float) -> Line:
    count, oldest = bridge.pending(at), bridge.oldest_pending(at)
    fields = {"pending": count, "oldest_s": oldest, "nonce": bridge.nonce(at), "gas_gwei": bridge.gas_gwei(at)}
    return ("warn" if oldest > 60 else "info"), "pending transactions", fields


def _fees(box: Box, bridge: Bridge, at: float) -> Line:
    return "info", "fee estimate", {"sat_vb": bridge.fee_rate(at), "gas_gwei": bridge.gas_gwei(at), "cap_sat_vb": 120}


def _database(box: Box, bridge: Bridge, at: float) -> Line:
    slow = box.rng.random() < 0.08
    took = round(box.rng.uniform(180, 900) if slow else box.rng.lognormvariate(1.0, 0.6), 1)
    fields = {
        "op": "update swaps",
        "took_ms": took,
        "pool_in_use": 2 + int(9 * bridge.drift(f"pool/{box.name}", at, 45)),
    }
    return ("warn", "slow query", fields) if slow else ("info", "swap state stored", fields)


def _block(box: Box, bridge: Bridge, at: float) -> Line:
    return "info", "new block", {"chain": "ethereum", "block": bridge.eth_block(at), "txs": box.rng.randrange(90, 260)}


def _failure(box: Box, bridge: Bridge, at: float) -> Line:
    swap = bridge.newest(at, box.rng.uniform(0, 600))
    kinds: tuple[tuple[str, dict[str, Any]], ...] = (
        ("rpc timeout", {"chain": "bitcoin", "err": "context deadline exceeded", "attempt": 1}),
        ("transaction replaced", {"err": "replacement transaction underpriced", "nonce": bridge.nonce(at)}),
        ("claim failed, will retry", {"err": "execution reverted: HTLC: already withdrawn", "attempt": 1}),
    )
    message, fields = box.rng.choice(kinds)
    return "error", message, {**_subject(swap), **fields}


_TALES: tuple[tuple[float, Callable[[Box, Bridge, float], Line]], ...] = (
    (0.20, _locked), (0.14, _claimed), (0.12, _pending), (0.07, _fees), (0.12, _database), (0.10, _block),
    (0.018, _failure),
)  # fmt: skip
