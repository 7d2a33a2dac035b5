"""The bridge the pods tell of. All of it is a function of seed and time, so that logs, metrics and health agree."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sandbox.noise import Noise

OWED = 6
"""Confirmations a Bitcoin payment needs."""
SWAP_EVERY = 20.0
"""Seconds between two swaps."""
_BTC_BLOCK = 600.0
_ETH_BLOCK = 12.0


@dataclass(frozen=True)
class Swap:
    """One atomic swap: `sats` of bitcoin against the same worth on Ethereum, begun at `born` (epoch seconds)."""

    number: int
    id: str
    direction: str
    sats: int
    hashlock: str
    btc_tx: str
    eth_tx: str
    born: float
    refunded: bool


@dataclass(frozen=True)
class Pool:
    """A liquidity pool; `low` is where the resolver begins to warn."""

    name: str
    asset: str
    middle: float
    swing: float
    low: float


@dataclass(frozen=True)
class Feed:
    """A price feed; an answer older than `limit` seconds is stale."""

    name: str
    pair: str
    middle: float
    period: float
    limit: float = 60.0


POOLS = (
    Pool("wbtc-eth", "WBTC", 41.8, 9.0, 28.0),
    Pool("wbtc-usdc", "USDC", 2_350_000.0, 420_000.0, 1_600_000.0),
    Pool("btc-hot", "BTC", 18.4, 5.5, 11.0),
)
FEEDS = (
    Feed("aggregator", "BTC/USD", 96_400.0, 30.0),
    Feed("exchange-a", "BTC/USD", 96_420.0, 12.0),
    Feed("aggregator", "ETH/USD", 3_310.0, 30.0),
)


class Bridge(Noise):
    """Figures of the bridge at a moment. Times are epoch seconds."""

    # -- chains

    def btc_height(self, at: float) -> int:
        """Height of the Bitcoin chain."""
        return int(at / _BTC_BLOCK) - 2_010_000

    def eth_block(self, at: float) -> int:
        """Height of the Ethereum chain."""
        return int(at / _ETH_BLOCK) - 118_600_000

    def gas_gwei(self, at: float) -> float:
        """Gas price."""
        return round(7 + 26 * self.drift("gas", at, 240), 2)

    def fee_rate(self, at: float) -> int:
        """Bitcoin fee in satoshi per virtual byte."""
        return int(6 + 40 * self.drift("fee", at, 900))

    def nonce(self, at: float) -> int:
        """Next nonce of the relayer's account."""
        return 84_000 + int(at / SWAP_EVERY) % 1_000_000

    # -- swaps

    def swap(self, number: int) -> Swap:
        """The swap of that number."""
        name = f"swap/{number}"
        direction = "btc_to_eth" if self.unit(name, 1) < 0.55 else "eth_to_btc"
        sats = int(150_000 + 9_000_000 * self.unit(name, 2) ** 3)
        return Swap(
            number, f"sw_{self.token(name, 12)}", direction, sats, self.token(f"{name}/hashlock"),
            self.token(f"{name}/btc"), "0x" + self.token(f"{name}/eth"), number * SWAP_EVERY,
            self.unit(name, 3) < 0.04,
        )  # fmt: skip

    def newest(self, at: float, back: float = 0.0) -> Swap:
        """The swap that began `back` seconds before."""
        return self.swap(int((at - back) / SWAP_EVERY))

    def confirmations(self, swap: Swap, at: float) -> int:
        """Confirmations its Bitcoin payment has, at most those owed."""
        return max(0, min(OWED, self.btc_height(at) - self.btc_height(swap.born + 45)))

    def open_swaps(self, at: float) -> Iterator[Swap]:
        """Swaps whose payment is not yet confirmed, youngest first."""
        number = int(at / SWAP_EVERY)
        while self.confirmations(swap := self.swap(number), at) < OWED:
            yield swap
            number -= 1

    def pending(self, at: float) -> int:
        """Transactions sent and not mined."""
        return int(9 * self.drift("pending", at, 90) ** 2)

    def oldest_pending(self, at: float) -> float:
        """Age of the oldest of them, in seconds."""
        return round(4 + 85 * self.drift("pending-age", at, 120) ** 2, 1) if self.pending(at) else 0.0

    # -- liquidity and prices

    def level(self, pool: Pool, at: float) -> float:
        """What a pool holds, in its asset."""
        return round(pool.middle + pool.swing * (2 * self.drift(pool.name, at, 1800) - 1), 4)

    def price(self, feed: Feed, at: float) -> float:
        """What a feed says."""
        common = self.drift(feed.pair, at, 300) - 0.5
        own = self.drift(feed.name + feed.pair, at, 60) - 0.5
        return round(feed.middle * (1 + 0.012 * common + 0.001 * own), 2)

    def price_age(self, feed: Feed, at: float) -> float:
        """Age of its newest answer in seconds; now and then a feed misses rounds and is stale."""
        window = int(at / 600)
        if self.unit(f"stall/{feed.name}{feed.pair}", window) < 0.18:
            within = at - window * 600
            if 200 < within < 330:
                return round(within - 200 + feed.period, 1)
        return round(at % feed.period + 0.4, 1)
