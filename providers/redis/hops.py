"""The way to a PING, hop by hop: DNS, connect, TLS, AUTH, PING (R02)."""

from __future__ import annotations

import asyncio
from typing import Final

import msgspec

from providers.core.errors import BackendError, ConfigError, Denied, TimedOut
from providers.redis.client import RedisClient
from providers.redis.wire import Hop, Journey

LONGEST: Final = 5.0
"""Seconds for the whole way."""


def milliseconds(seconds: float) -> str:
    """0.08 ms, 3.2 ms, 140 ms."""
    count = seconds * 1000
    return f"{count:.{2 if count < 1 else 1 if count < 100 else 0}f} ms"


class Trip(msgspec.Struct, frozen=True):
    """The hops that were made. `failed` names the one that was not, "" when all were, and `error` says why."""

    hops: tuple[Hop, ...]
    failed: str = ""
    error: BackendError | None = None

    def __str__(self) -> str:
        """ "DNS 0.13 ms, connect 0.31 ms, PING 0.08 ms" """
        return ", ".join(f"{hop.name} {milliseconds(hop.seconds)}" for hop in self.hops)

    @property
    def ping(self) -> float | None:
        """Seconds of the fastest PING."""
        return next((hop.seconds for hop in self.hops if hop.name == "PING"), None)


async def travel(client: RedisClient) -> Trip:
    """Make the way on a fresh connection. A hop that fails is the result and no exception."""
    journey = Journey()
    try:
        await client.door.prepare()
        async with asyncio.timeout(LONGEST):
            await _go(client, journey)
    except Denied as error:
        # Whoever may not PING has got there all the same.
        return Trip(tuple(journey.hops), "" if journey.at == "PING" else journey.at, error)
    except ConfigError as error:
        return Trip((), "AUTH", BackendError(error.message, source=client.source, fix=error.fix))
    except BackendError as error:
        return Trip(tuple(journey.hops), journey.at or "AUTH", error)
    except TimeoutError:
        late = TimedOut(f"no answer to {journey.at} within {LONGEST:g} s", source=client.source)
        return Trip(tuple(journey.hops), journey.at, late)
    return Trip(tuple(journey.hops))


async def _go(client: RedisClient, journey: Journey) -> None:
    wire = await client.door.open(journey)
    try:
        with journey.hop("PING"):
            await wire.call("PING")
    finally:
        await wire.drop()
