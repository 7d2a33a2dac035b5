"""Requests to one account: in threads, every wait bounded, reads tried twice at most, a write sent once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final, TypeVar

import msgspec
from botocore import xform_name
from botocore.exceptions import BotoCoreError, ClientError

from providers.aws.answers import Asked, error_of, garbled
from providers.aws.pool import Pool
from providers.aws.session import Late, Patience, Sessions
from providers.core.config import Aws
from providers.core.errors import BackendError, Denied, Throttled, TimedOut, Unauthenticated
from providers.core.text import clean

Answer = dict[str, Any]
T = TypeVar("T")
MOST_ITEMS: Final = 1000
_RAISED: Final = (
    BotoCoreError, ClientError, OSError, Late, BackendError,
    # Raised inside botocore by answers that are not built as its models say.
    AttributeError, LookupError, TypeError, ValueError,
)  # fmt: skip


class Listed(msgspec.Struct, frozen=True):
    """The items of a list; `complete` is False when there were more than asked for."""

    items: tuple[Answer, ...]
    complete: bool = True


class Identity(msgspec.Struct, frozen=True):
    """Whom AWS takes us for."""

    arn: str
    account: str

    @property
    def principal(self) -> str:
        """The ARN without the name of a role's session, which is another after each login."""
        kind, _, rest = self.arn.rpartition(":")[2].partition("/")
        return self.arn.rpartition("/")[0] if kind == "assumed-role" and "/" in rest else self.arn

    @property
    def who(self) -> str:
        """The short form of the ARN: "user/oncall", "assumed-role/OnCall/ann"."""
        return self.arn.rpartition(":")[2]


class AwsClient:
    """One account as one identity. Services go by boto3's names ("rds"), operations by AWS's ("DescribeEvents").

    Every method raises the core's BackendErrors.
    """

    def __init__(self, source: str, settings: Aws, patience: Patience | None = None) -> None:
        self.source = source
        self.settings = settings
        self.skew = 0.0
        """AWS's clock minus ours, in seconds."""
        self.rtt = 0.0
        self.region = settings.region or ""
        self.endpoint = settings.endpoint_url or ""
        self.known_as: Identity | None = None
        self._patience = patience or Patience()
        self._pool = Pool(source)
        self._sessions = Sessions(settings, self._patience)
        self._refusal: tuple[float, Unauthenticated] | None = None

    def close(self) -> None:
        """Waits for nothing: what hangs is left behind."""
        self._pool.close()

    async def read(self, service: str, operation: str, **params: Any) -> Answer:
        """The answer of one read."""

        def work() -> Answer:
            answer: Answer = getattr(self._sessions.reader(service), xform_name(operation))(**params)
            return answer

        return await self._run(service, operation, work, self._patience.whole_read)

    async def pages(self, service: str, operation: str, key: str, most: int = MOST_ITEMS, **params: Any) -> Listed:
        """The items under `key` of every page, at most `most`."""

        def work() -> Listed:
            items: list[Answer] = []
            for page in self._sessions.reader(service).get_paginator(xform_name(operation)).paginate(**params):
                self._sessions.check_due()
                items += page.get(key) or ()
                if len(items) > most:
                    return Listed(tuple(items[:most]), False)
            return Listed(tuple(items))

        return await self._run(service, operation, work, self._patience.whole_read)

    async def write(self, service: str, operation: str, params: Answer, *, spent: float = 0.0) -> Answer:
        """One change, sent once. TimedOut, Unreachable and ServerFault mean: outcome unknown.

        `spent` is what the change took of its time already (seconds): after the whole of it nothing goes out any more.
        """

        def work() -> Answer:
            answer: Answer = getattr(self._sessions.writer(service), xform_name(operation))(**params)
            return answer

        return await self._run(service, operation, work, max(0.0, self._patience.whole_write - spent))

    async def in_thread(self, work: Callable[[], T], seconds: float) -> T:
        """Any other call that blocks, among the threads of this account. Raises TimeoutError, and what it raises."""
        async with asyncio.timeout(seconds):
            return await self._pool.run(work)

    async def who(self, *, anew: bool = False) -> Identity:
        """Whom AWS takes us for; asked once, or `anew` (which also measures `rtt` and `skew`)."""
        if self.known_as is None or anew:
            self.known_as = await self._ask_who()
        return self.known_as

    def wrong_account(self, identity: Identity) -> str:
        """Why nothing may be changed there: it is not the account of the configuration; "" when it is."""
        expected = self.settings.account_id
        if expected is None or identity.account == expected:
            return ""
        return f"this is account {identity.account}, and the configuration expects {expected} (account_id)"

    async def _ask_who(self) -> Identity:
        def work() -> tuple[float, Answer, str, str]:
            sts = self._sessions.reader("sts")
            # Before the clock starts: the round trip is to AWS, not to whoever gives the credentials.
            self._sessions.keep_secrets()
            started = time.monotonic()
            answer = sts.get_caller_identity()
            return time.monotonic() - started, answer, sts.meta.region_name, sts.meta.endpoint_url

        whole = self._patience.whole_read
        self.rtt, answer, region, endpoint = await self._run("sts", "GetCallerIdentity", work, whole)
        self.region, self.endpoint = self.region or clean(region, 40), self.endpoint or clean(endpoint, 200)
        self._note_clock(answer)
        return Identity(clean(answer.get("Arn", ""), 300), clean(answer.get("Account", ""), 20))

    async def _run(self, service: str, operation: str, work: Callable[[], T], whole: float) -> T:
        asked = self._asked(service, operation)
        self._check_refusal()

        def guarded() -> T:
            # Imported where it may take its time: it brings half of botocore along.
            from botocore.parsers import ResponseParserError

            try:
                with self._sessions.within(whole):
                    return work()
            except ResponseParserError as error:
                raise garbled(error, asked) from None

        patience = asyncio.timeout(whole)
        try:
            async with patience:
                return await self._pool.run(guarded)
        except TimeoutError as error:
            if not patience.expired():
                raise error_of(error, asked) from None
            raise TimedOut(f"{asked.action}: no answer within {whole:g} s", source=self.source) from None
        except _RAISED as error:
            raise await self._noted(error_of(error, asked)) from None

    def _asked(self, service: str, operation: str) -> Asked:
        settings = self.settings
        return Asked(self.source, service, operation, settings.profile or "", settings.assume_role or "")

    def _check_refusal(self) -> None:
        """Credentials that were just refused are not tried by every feed again."""
        if self._refusal is not None and time.monotonic() < self._refusal[0]:
            raise self._refusal[1]

    async def _noted(self, error: BackendError) -> BackendError:
        lost_role = isinstance(error, Denied) and error.permission == "sts:AssumeRole"
        if isinstance(error, Unauthenticated) or lost_role:
            self.known_as = None
            with suppress(TimeoutError, TimedOut, Throttled):
                await self.in_thread(self._sessions.forget, self._patience.connect)
        if isinstance(error, Unauthenticated):
            self._refusal = (time.monotonic() + self._patience.login_pause, error)
        return error

    def _note_clock(self, answer: Answer) -> None:
        headers = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {})
        with suppress(KeyError, ValueError):
            self.skew = (parsedate_to_datetime(headers["date"]) - datetime.now(UTC)).total_seconds()
