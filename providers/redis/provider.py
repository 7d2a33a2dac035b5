"""Redis or Valkey as a provider: one cache, one database of it, as one user."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from types import TracebackType
from typing import Any, Self, TypeVar

from providers.core.action import Action
from providers.core.backoff import Backoff
from providers.core.check import Check
from providers.core.config import Redis as Settings
from providers.core.config import Thresholds
from providers.core.errors import BackendError
from providers.core.feed import Feed, ask_again, poll
from providers.core.provider import Light, Permit
from providers.core.text import clean
from providers.redis import bigkeys, clients, overview, slowlog, traffic, values
from providers.redis.address import Through
from providers.redis.client import DEADLINE, RedisClient
from providers.redis.info import Fields
from providers.redis.permissions import permits
from providers.redis.vitals import vitals_of

PULSE = 3.0
"""Seconds between two proofs that the cache still answers."""

T = TypeVar("T")


class Redis:
    """Feeds, checks and actions of one cache. Nothing is asked before somebody listens."""

    name = "redis"

    def __init__(
        self, environment: str, settings: Settings, thresholds: Thresholds, through: Through | None = None
    ) -> None:
        """`through` leads to the near end of a tunnel, when there is one."""
        self.source = f"redis {environment}"
        self.settings = settings
        self.thresholds = thresholds
        self.client = RedisClient(self.source, settings, through)
        self.light: Feed[Light] = Feed(
            "light", self.source, poll(self._pulse, PULSE), deadline=PULSE + 4.0, backoff=Backoff(1.0, 2.0, 0.2)
        )
        self._watch = overview.Watch(self.client)
        self._sampler = bigkeys.Sampler(self.client)
        polled, client = self._polled, self.client
        self.overview: Feed[values.Overview] = polled("overview", self._watch.read, overview.EVERY)
        self.clients: Feed[traffic.Clients] = self._feed(
            "clients", lambda: clients.watch_clients(client), clients.SELDOM
        )
        self.slowlog: Feed[traffic.SlowLog] = polled("slowlog", lambda: slowlog.read_slowlog(client), slowlog.EVERY)
        self.latency: Feed[traffic.Latency] = polled("latency", lambda: slowlog.read_latency(client), slowlog.EVERY)
        self.bigkeys: Feed[traffic.BigKeys] = polled("bigkeys", self._sampler.sweep, bigkeys.EVERY)
        self.feeds: Mapping[str, Feed[Any]] = {
            feed.name: feed for feed in (self.overview, self.clients, self.slowlog, self.latency, self.bigkeys)
        }

    @property
    def identity(self) -> str:
        return self.client.known_as or self.settings.username or ""

    @property
    def checks(self) -> Sequence[Check]:
        from providers.redis.checks import checks

        return checks(self)

    @property
    def actions(self) -> Sequence[Action]:
        from providers.redis.actions import actions

        return actions(self)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for feed in (*self.feeds.values(), self.light):
            await feed.aclose()
        await self._watch.aclose()
        await self.client.aclose()

    async def permits(self) -> Sequence[Permit]:
        """Every right the console would use: those that read are used, FLUSHDB is asked about."""
        return await permits(self.client)

    async def _pulse(self) -> Light:
        _, info, moment = await self.client.ask_all([("PING",), ("INFO", "server"), ("TIME",)])
        rtt = self.client.round_trip
        ask_again(self.feeds.values())
        return Light(await self.client.who_am_i(), self.client.target, _version(info), rtt, _skew(moment))

    def _polled(self, name: str, read: Callable[[], Awaitable[T]], every: float) -> Feed[T]:
        return self._feed(name, poll(read, every), every)

    def _feed(self, name: str, stream: Callable[[], AsyncGenerator[T, None]], every: float) -> Feed[T]:
        # Long enough for each of its requests to say itself that it was not answered.
        return Feed(name, self.source, stream, deadline=every + 4 * DEADLINE)


def _version(info: Any) -> str:
    """ "valkey 9.1.2"; "" for a user who may not see it."""
    if isinstance(info, BackendError):
        return ""
    server = vitals_of(Fields.of(info)).server
    return f"{server.flavour} {server.version}"


def _skew(moment: Any) -> float:
    """The server's clock minus ours, in seconds; 0 when it is not told."""
    try:
        return int(clean(moment[0], 20)) + int(clean(moment[1], 20)) / 1e6 - time.time()
    except (TypeError, ValueError, IndexError):
        return 0.0
