"""AWS as a provider: one account and region, as one identity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Final, Self

from providers.aws.client import AwsClient
from providers.aws.databases import DatabaseReader
from providers.aws.polling import adaptive
from providers.aws.session import Patience
from providers.aws.values import Databases
from providers.core.action import Action
from providers.core.backoff import Backoff
from providers.core.check import Check
from providers.core.config import Aws as Settings
from providers.core.config import Thresholds
from providers.core.errors import Unreachable, Untrusted
from providers.core.feed import Feed, poll
from providers.core.provider import Light, Permit

PULSE: Final = 15.0
"""Seconds between two proofs that AWS still answers, and as whom."""
CALM: Final = 20.0
BUSY: Final = 5.0
_GRACE: Final = 5.0
_POLITE: Final = Backoff(first=2.0, cap=60.0)


class Aws:
    """Feeds, checks and actions of one account. Nothing is asked before somebody listens."""

    name = "aws"

    def __init__(
        self, environment: str, settings: Settings, thresholds: Thresholds, *, patience: Patience | None = None
    ) -> None:
        self.source = f"aws {environment}"
        self.settings = settings
        self.thresholds = thresholds
        self.patience = patience or Patience()
        self.client = AwsClient(self.source, settings, self.patience)
        self.light: Feed[Light] = Feed(
            "light", self.source, poll(self._pulse, PULSE), deadline=self._deadline(PULSE), backoff=Backoff(2.0, 15.0)
        )
        self._databases = DatabaseReader(self.client)
        self.databases: Feed[Databases] = Feed(
            "databases",
            self.source,
            adaptive(self._databases.read, CALM, BUSY, lambda databases: databases.changing),
            deadline=self._deadline(CALM),
            backoff=_POLITE,
        )
        self.feeds: Mapping[str, Feed[Any]] = {feed.name: feed for feed in (self.databases,)}

    @property
    def identity(self) -> str:
        known = self.client.known_as
        return known.arn if known else ""

    @property
    def checks(self) -> Sequence[Check]:
        return ()

    @property
    def actions(self) -> Sequence[Action]:
        return ()

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
        return ()

    async def _pulse(self) -> Light:
        identity = await self.client.who(anew=True)
        if wrong := self.client.wrong_account(identity):
            fix = "check profile, assume_role and account_id of the aws section; changes are blocked until they agree"
            raise Untrusted(f"{wrong}: {identity.arn}", source=self.source, fix=fix)
        # AWS can be reached: feeds that could not reach it need not wait out their back-off.
        for feed in self.feeds.values():
            if feed.latest.state in {Unreachable.kind, "login"}:
                feed.refresh()
        target = f"{identity.account} · {self.client.region} · {self.client.endpoint}"
        return Light(identity.arn, target, "", self.client.rtt, self.client.skew)

    def _deadline(self, every: float) -> float:
        # A read that needs its whole time is late by itself; the feed must not cut it short.
        return every + self.patience.whole_read + _GRACE
