"""AWS as a provider: one account and region, as one identity."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from types import TracebackType
from typing import Any, Final, Self, TypeVar

from providers.aws.caches import cache_events, cache_parameters, read_caches
from providers.aws.client import AwsClient
from providers.aws.databases import DatabaseReader
from providers.aws.failover import LongTransactions
from providers.aws.history import backups, db_events
from providers.aws.logfiles import log_files, log_tail
from providers.aws.parameters import db_parameters
from providers.aws.permissions import READS, WRITES, rights
from providers.aws.polling import adaptive
from providers.aws.session import Patience
from providers.aws.values import LogFile
from providers.core.action import Action
from providers.core.backoff import Backoff
from providers.core.check import Check
from providers.core.config import Aws as Settings
from providers.core.config import Thresholds
from providers.core.errors import Unauthenticated, Unreachable, Untrusted
from providers.core.feed import Feed, ask_again, poll
from providers.core.provider import Light, Permit

PULSE: Final = 15.0
"""Seconds between two proofs that AWS still answers, and as whom."""
EVENTS_EVERY: Final = 30.0
SLOW: Final = 60.0
CALM: Final = 20.0
BUSY: Final = 5.0
_GRACE: Final = 5.0
_POLITE: Final = Backoff(first=2.0, cap=60.0)

T = TypeVar("T")


class Aws:
    """Feeds, checks and actions of one account. Nothing is asked before somebody listens."""

    name = "aws"

    def __init__(
        self,
        environment: str,
        settings: Settings,
        thresholds: Thresholds,
        *,
        patience: Patience | None = None,
        transactions: LongTransactions | None = None,
    ) -> None:
        """`transactions` names the long transactions of the writer, for the failover: only the database knows them."""
        self.source = f"aws {environment}"
        self.settings = settings
        self.thresholds = thresholds
        self.transactions = transactions
        self.patience = patience or Patience()
        self.client = AwsClient(self.source, settings, self.patience)
        self.light: Feed[Light] = Feed(
            "light", self.source, poll(self._pulse, PULSE), deadline=self._deadline(PULSE), backoff=Backoff(2.0, 15.0)
        )
        client, reader = self.client, DatabaseReader(self.client, settings.rds_cluster, settings.rds_instance)
        self.databases = self._watched("databases", reader.read, lambda databases: databases.changing)
        self.db_events = self._polled("db_events", lambda: db_events(client), EVENTS_EVERY)
        self.snapshots = self._polled("snapshots", lambda: backups(client, reader), SLOW)
        self.db_parameters = self._polled("db_parameters", lambda: db_parameters(client, reader), SLOW)
        self.caches = self._watched("caches", lambda: read_caches(client), lambda caches: caches.changing)
        self.cache_events = self._polled("cache_events", lambda: cache_events(client), EVENTS_EVERY)
        self.cache_parameters = self._polled("cache_parameters", lambda: cache_parameters(client), SLOW)
        self.feeds: Mapping[str, Feed[Any]] = {
            feed.name: feed
            for feed in (
                self.databases, self.db_events, self.snapshots, self.db_parameters,
                self.caches, self.cache_events, self.cache_parameters,
            )
        }  # fmt: skip

    @property
    def identity(self) -> str:
        known = self.client.known_as
        return known.arn if known else ""

    @property
    def checks(self) -> Sequence[Check]:
        from providers.aws.checks import checks

        return checks(self)

    @property
    def actions(self) -> Sequence[Action]:
        from providers.aws.actions import actions

        return actions(self)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for feed in (*self.feeds.values(), self.light):
            await feed.aclose()
        self.client.close()

    async def permits(self) -> Sequence[Permit]:
        """Every right the console would use, as IAM answers for it."""
        found = await rights(self.client, READS + WRITES)
        return tuple(Permit(right.action, right.allowed, right.why) for right in found)

    async def log_files(self, instance: str) -> tuple[LogFile, ...]:
        """The log files of a database instance, last written first. Raises BackendError."""
        return await log_files(self.client, instance)

    async def log_tail(self, instance: str, name: str, most: int = 64 * 1024) -> tuple[str, ...]:
        """The last lines of a log file, at most `most` bytes of it. Raises BackendError."""
        return await log_tail(self.client, instance, name, most)

    async def _pulse(self) -> Light:
        identity = await self.client.who(anew=True)
        if wrong := self.client.wrong_account(identity):
            fix = "check profile, assume_role and account_id of the aws section; changes are blocked until they agree"
            raise Untrusted(f"{wrong}: {identity.arn}", source=self.source, fix=fix)
        ask_again(self.feeds.values(), {Unreachable.kind, Unauthenticated.kind})
        target = f"{identity.account} · {self.client.region} · {self.client.endpoint}"
        return Light(identity.arn, target, "", self.client.rtt, self.client.skew)

    def _watched(self, name: str, read: Callable[[], Awaitable[T]], changing: Callable[[T], bool]) -> Feed[T]:
        stream = adaptive(read, CALM, BUSY, changing)
        return Feed(name, self.source, stream, deadline=self._deadline(CALM), backoff=_POLITE)

    def _polled(self, name: str, read: Callable[[], Awaitable[T]], every: float) -> Feed[T]:
        return Feed(name, self.source, poll(read, every), deadline=self._deadline(every), backoff=_POLITE)

    def _deadline(self, every: float) -> float:
        # A read that needs its whole time is late by itself; the feed must not cut it short.
        # Some read one thing because of another, each within its own time.
        return every + 2 * self.patience.whole_read + _GRACE
