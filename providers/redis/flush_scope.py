"""What a flush would take away: the keys, a sample of them, and what their absence means."""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

import msgspec

from providers.core.errors import BackendError, Denied
from providers.core.text import clean
from providers.redis.client import RedisClient
from providers.redis.finding import size
from providers.redis.info import Fields
from providers.redis.values import Rates, Vitals
from providers.redis.vitals import vitals_of

SAMPLE: Final = 120
SHOWN: Final = 8
_TOGETHER: Final = 20


class Sampled(msgspec.Struct, frozen=True):
    """A key that was drawn; `ttl` in seconds, None without one."""

    name: str
    ttl: float | None

    @property
    def said(self) -> str:
        return "no TTL" if self.ttl is None else f"TTL {self.ttl:.0f} s"

    @property
    def kind(self) -> str:
        """The name up to its first ':', as keys of one kind begin."""
        return self.name.partition(":")[0]


class Scope(msgspec.Struct, frozen=True):
    """What was read for the plan. `sample` is drawn at random and empty when that is denied."""

    database: int
    vitals: Vitals
    keys: int
    flushes: int | None
    """How often FLUSHDB ran on this server since its statistics began; None when it does not tell."""
    sample: tuple[Sampled, ...]
    rates: Rates | None = None
    """What the overview has just seen; None when nobody looks at it."""

    @property
    def run_id(self) -> str:
        return self.vitals.server.run_id

    @property
    def shown(self) -> tuple[Sampled, ...]:
        """A few keys, those without a time to live first."""
        return tuple(sorted(self.sample, key=lambda key: key.ttl is not None)[:SHOWN])

    def consequences(self) -> tuple[str, ...]:
        """What a person must know before."""
        lines = [
            "there is no way back: the keys are gone, from the replicas, too",
            self._cold(),
            *self._kinds(),
            *self._lasting(),
            *self._others(),
        ]
        return tuple(lines)

    def _cold(self) -> str:
        now = self.rates.hit_ratio if self.rates is not None else None
        ratio, when = (now, "now") if now is not None else (self.vitals.totals.hit_ratio, "since the start")
        hits = "nothing has been read so far" if ratio is None else f"{ratio:.0%} of the reads hit {when}"
        return (
            f"cold at first: {hits}, at {self.vitals.ops:.0f} commands a second now; "
            "every miss goes to where the data comes from, the database above all"
        )

    def _kinds(self) -> list[str]:
        """The kinds of keys by their share of the sample."""
        if not self.sample:
            return ["no key could be sampled: RANDOMKEY is denied"]
        counts = Counter(key.kind for key in self.sample).most_common(4)
        parts = ", ".join(f"{kind} {count / len(self.sample):.0%}" for kind, count in counts)
        return [f"by a sample of {len(self.sample)}: {parts}; {size(self.vitals.memory.used)} used in all databases"]

    def _lasting(self) -> list[str]:
        """Keys without a time to live: a cache writes few, what is stored here alone has none."""
        lasting = self.keys - self.vitals.database(self.database).expires
        if lasting <= 0:
            return []
        return [f"about {lasting} keys have no TTL: make sure that nothing is stored here alone"]

    def _others(self) -> list[str]:
        others = sum(d.keys for d in self.vitals.databases if d.number != self.database)
        return [f"the other databases keep their {others} keys"] if others else []


async def read_scope(client: RedisClient, rates: Rates | None = None) -> Scope:
    """Read it. Raises BackendError; a sample that is denied is left out."""
    info, commands, keys = await client.ask_all([("INFO",), ("INFO", "commandstats"), ("DBSIZE",)])
    for reply in (info, keys):
        if isinstance(reply, BackendError):
            raise reply
    vitals = vitals_of(Fields.of(info, client.source))
    return Scope(client.database, vitals, int(keys), flushes_of(commands), await _sample(client), rates)


def flushes_of(reply: Any) -> int | None:
    """Calls of FLUSHDB in INFO commandstats; those that were refused do not count there."""
    if not isinstance(reply, bytes):
        return None
    text = Fields.of(reply).text("cmdstat_flushdb", "calls=0")
    calls = dict(part.partition("=")[::2] for part in text.split(",")).get("calls", "")
    return int(calls) if calls.isdecimal() else None


async def _sample(client: RedisClient) -> tuple[Sampled, ...]:
    found: dict[bytes, Sampled] = {}
    try:
        for _ in range(SAMPLE // _TOGETHER):
            keys = await client.ask_all([("RANDOMKEY",)] * _TOGETHER)
            drawn = list({key for key in keys if isinstance(key, bytes)} - found.keys())
            lives = await client.ask_all([("PTTL", key) for key in drawn]) if drawn else []
            found.update((key, _sampled(key, life)) for key, life in zip(drawn, lives, strict=True) if life != -2)
    except Denied:
        return ()
    return tuple(found.values())


def _sampled(key: bytes, life: Any) -> Sampled:
    return Sampled(clean(key, 120), life / 1000 if isinstance(life, int) and life >= 0 else None)
