"""Is it there, and how far away (R02)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from providers.core.check import Check, Finding, Verdict
from providers.redis.finding import finding
from providers.redis.hops import Trip, milliseconds, travel

if TYPE_CHECKING:
    from providers.redis.provider import Redis

SLOW: Final = 0.05
"""Seconds of one hop from which it is worth a word: within a region an answer takes one or two milliseconds."""


def checks(redis: Redis) -> tuple[Check, ...]:
    """Bound to one cache."""

    async def way() -> list[Finding]:
        return [judge_trip(await travel(redis.client), redis.client.target, redis.source)]

    return (Check("R02", "Does the cache answer from here?", redis.source, way),)


def judge_trip(trip: Trip, target: str, source: str) -> Finding:
    """Failed with the hop that did, slow with the slowest, or well."""
    subject = f"redis/{target.rpartition('://')[2]}"
    if trip.failed and trip.error is not None:
        quote = f"{trip.failed}: {trip.error.message}" + (f" (before: {trip})" if trip.hops else "")
        return finding("R02", subject, Verdict.FAIL, f"{trip.failed} fails", quote, source, trip.error.fix)
    slowest = max(trip.hops, key=lambda hop: hop.seconds)
    if slowest.seconds >= SLOW:
        said = f"{slowest.name} takes {milliseconds(slowest.seconds)}"
        return finding("R02", subject, Verdict.WARN, said, str(trip), source)
    answered = "it answers" if trip.ping is None else f"PING takes {milliseconds(trip.ping)}"
    return finding("R02", subject, Verdict.PASS, answered, str(trip), source)
