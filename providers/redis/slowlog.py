"""SLOWLOG and LATENCY: what took long, without what it carried."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from providers.core.errors import Garbled
from providers.core.text import clean
from providers.redis.client import RedisClient
from providers.redis.masking import shown
from providers.redis.settings import setting
from providers.redis.traffic import Latency, LatencyEvent, SlowEntry, SlowLog

EVERY = 3.0
MOST: Final = 64
"""Entries that are read; the server keeps 128 unless told otherwise (slowlog-max-len)."""
_OFF: Final = "on the server: CONFIG SET slowlog-log-slower-than 10000 (microseconds)"
_NO_MONITOR: Final = "on the server: CONFIG SET latency-monitor-threshold 100 (milliseconds)"


async def read_slowlog(client: RedisClient) -> SlowLog:
    """The newest entries. Raises Denied with the rule to grant."""
    reply = await client.ask("SLOWLOG", "GET", MOST)
    threshold = await setting(client, "slowlog-log-slower-than")
    try:
        entries = tuple(_entry(item) for item in reply)
    except (TypeError, ValueError, IndexError, OverflowError):
        raise Garbled("SLOWLOG GET: an entry is not as it should be", source=client.source) from None
    fix = _OFF if threshold is not None and threshold < 0 else ""
    return SlowLog(entries, None if threshold is None else threshold / 1e6, fix)


async def read_latency(client: RedisClient) -> Latency:
    """Every kind of spike the server has seen. Raises Denied with the rule to grant."""
    reply = await client.ask("LATENCY", "LATEST")
    threshold = await setting(client, "latency-monitor-threshold")
    try:
        events = tuple(sorted(map(_event, reply), key=lambda e: e.at, reverse=True))
    except (TypeError, ValueError, IndexError, OverflowError):
        raise Garbled("LATENCY LATEST: an entry is not as it should be", source=client.source) from None
    return Latency(events, None if threshold is None else threshold / 1000, _NO_MONITOR if threshold == 0 else "")


def _entry(item: list[Any]) -> SlowEntry:
    """[id, seconds since 1970, microseconds, [word, …], client's address, client's name]; the last two from 4.0 on."""
    address, name = (item[4], item[5]) if len(item) >= 6 else ("", "")
    return SlowEntry(
        id=int(item[0]),
        at=datetime.fromtimestamp(int(item[1]), UTC),
        seconds=int(item[2]) / 1e6,
        command=shown([clean(word, 512) for word in item[3]]),
        client=clean(address, 120),
        name=clean(name, 120),
    )


def _event(item: list[Any]) -> LatencyEvent:
    """[event, seconds since 1970, milliseconds of the latest, of the worst]; newer servers add more."""
    at = datetime.fromtimestamp(int(item[1]), UTC)
    return LatencyEvent(clean(item[0], 80), at, int(item[2]) / 1000, int(item[3]) / 1000)
