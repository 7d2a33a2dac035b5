"""PostgreSQL as a provider: one server as one role, and the pooler in front of it."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from types import TracebackType
from typing import Any, Self, TypeVar

from providers.core.action import Action
from providers.core.backoff import Backoff
from providers.core.check import Check
from providers.core.combine import combine
from providers.core.config import Aws, Thresholds
from providers.core.config import Postgres as Settings
from providers.core.feed import Feed, ask_again, poll
from providers.core.provider import Light, Permit
from providers.postgres import activity, blocking, overview, pgbouncer, rights, statements
from providers.postgres.address import Dial
from providers.postgres.client import PgClient
from providers.postgres.pgbouncer import PgBouncerClient
from providers.postgres.pooler import Pooler
from providers.postgres.values import Backend, ConnectionGroup, LockNode, Overview, Statements, Transaction

T = TypeVar("T")

PULSE = 3.0
"""Seconds between two proofs that the server still answers."""


class Postgres:
    """Feeds, checks and actions of one server. Nothing is asked before somebody listens.

    `aws` finds the credentials of iam_auth; `dial` leads through a tunnel.
    """

    name = "postgres"

    def __init__(
        self,
        environment: str,
        settings: Settings,
        thresholds: Thresholds,
        *,
        aws: Aws | None = None,
        dial: Dial | None = None,
    ) -> None:
        self.source = f"postgres {environment}"
        self.settings = settings
        self.thresholds = thresholds
        self.client = PgClient(self.source, settings, aws, dial)
        self.light: Feed[Light] = Feed(
            "light", self.source, poll(self._pulse, PULSE), deadline=PULSE + 12.0, backoff=Backoff(1.0, 2.0, 0.2)
        )
        client = self.client
        self.overview: Feed[Overview] = self._polled("overview", overview.OverviewReader(client).read, overview.EVERY)
        self.activity: Feed[tuple[Backend, ...]] = self._polled(
            "activity", lambda: activity.activity(client), activity.EVERY
        )
        self.blocking: Feed[tuple[LockNode, ...]] = self._polled(
            "blocking", lambda: blocking.blocking(client), blocking.EVERY
        )
        self.connections: Feed[tuple[ConnectionGroup, ...]] = self._polled(
            "connections", lambda: activity.connections(client), activity.CONNECTIONS_EVERY
        )
        self.statements: Feed[Statements] = self._polled(
            "statements", statements.StatementReader(client).read, statements.EVERY
        )
        self.transactions: Feed[tuple[Transaction, ...]] = combine(
            "transactions", self.source, [self.activity], [self.blocking], self._long_ones
        )
        self.pgbouncer = PgBouncerClient(client, settings.pgbouncer) if settings.pgbouncer else None
        """None: no pooler is configured, and there is no feed `pools`."""
        self.pools: Feed[Pooler] | None = (
            self._polled("pools", self.pgbouncer.read, pgbouncer.EVERY) if self.pgbouncer else None
        )
        found = (
            self.overview, self.activity, self.blocking, self.transactions, self.connections, self.statements,
            *((self.pools,) if self.pools else ()),
        )  # fmt: skip
        self.feeds: Mapping[str, Feed[Any]] = {feed.name: feed for feed in found}

    @property
    def identity(self) -> str:
        return self.client.known_as

    @property
    def checks(self) -> Sequence[Check]:
        from providers.postgres.checks import checks

        return checks(self)

    @property
    def actions(self) -> Sequence[Action]:
        from providers.postgres.actions import actions

        return actions(self)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for feed in (*self.feeds.values(), self.light):
            await feed.aclose()
        if self.pgbouncer is not None:
            await self.pgbouncer.aclose()
        await self.client.aclose()

    async def permits(self) -> Sequence[Permit]:
        """Every right the console would use, as the server answers for it."""
        return await rights.permits(self.client)

    def _long_ones(self, known: Sequence[Any], seen: Sequence[Any]) -> tuple[Transaction, ...]:
        limits = self.thresholds
        return activity.long_ones(known[0], seen[0], limits.active_query_minutes * 60, limits.transaction_minutes * 60)

    async def _pulse(self) -> Light:
        row, rtt = await self.client.ping("pulse")
        ask_again(self.feeds.values())
        kind = "replica" if row["replica"] else "primary"
        version = f"PostgreSQL {row['version']} {kind}"
        return Light(row["role"], self.client.target, version, rtt, row["clock"] - time.time() + rtt / 2)

    def _polled(self, name: str, read: Callable[[], Awaitable[T]], every: float) -> Feed[T]:
        return Feed(name, self.source, poll(read, every), deadline=every + 3 * self.client.deadline)
