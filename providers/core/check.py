"""Questions with a deadline, and what was found."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec

from providers.core.clock import SYSTEM_CLOCK, Clock
from providers.core.errors import BackendError, FusionError
from providers.core.feed import Fault

# What reading an object that is not as expected raises: it must not hide what the other checks have to say.
_STUMBLES: Final = (ArithmeticError, AttributeError, LookupError, OSError, TypeError, ValueError)


class Verdict(StrEnum):
    """Worst last, except `unknown`, which is never green and never an alarm by itself."""

    PASS = "pass"  # noqa: S105 - a verdict
    UNKNOWN = "unknown"
    WARN = "warn"
    FAIL = "fail"

    @property
    def rank(self) -> int:
        return list(Verdict).index(self)


class Evidence(msgspec.Struct, frozen=True):
    """Where a verdict comes from: the system, the words it used, and when (UTC)."""

    source: str
    quote: str
    at: datetime


class Finding(msgspec.Struct, frozen=True):
    """The answer of a check about one subject ("pod/relayer-7f…").

    `check` is the guide row's id. `permission` is set when the answer is unknown because a right is missing.
    """

    check: str
    subject: str
    verdict: Verdict
    summary: str
    evidence: tuple[Evidence, ...] = ()
    fix: str = ""
    permission: str = ""


def finding(
    check: str,
    subject: str,
    verdict: Verdict,
    summary: str,
    source: str,
    quote: str,
    *,
    at: datetime | None = None,
    fix: str = "",
    permission: str = "",
) -> Finding:
    """One answer with one piece of evidence, as of `at` (now, when it is not given)."""
    evidence = Evidence(source, quote, at or SYSTEM_CLOCK.now())
    return Finding(check, subject, verdict, summary, (evidence,), fix, permission)


class Check(msgspec.Struct, frozen=True):
    """A read-only question. `id` is the guide row; `ask` returns one finding per subject it judged (at least one)."""

    id: str
    title: str
    source: str
    ask: Callable[[], Awaitable[Sequence[Finding]]]
    timeout: float = 10.0


async def run_check(check: Check, clock: Clock = SYSTEM_CLOCK) -> tuple[Finding, ...]:
    """Ask within the check's deadline. Every failure to answer becomes one `unknown` finding, never an exception."""
    patience = asyncio.timeout(check.timeout)
    try:
        async with patience:
            findings = tuple(await check.ask())
    except (FusionError, *_STUMBLES) as error:
        if patience.expired():
            return (_unknown(check, Fault("down", f"no answer within {check.timeout:g} s"), clock),)
        return (_unknown(check, Fault.of(error), clock, error),)
    return findings or (_unknown(check, Fault("absent", "nothing to judge: no subject was found"), clock),)


def worst(findings: Sequence[Finding]) -> Verdict:
    """The verdict that stands for all of them; nothing found is unknown."""
    return max((finding.verdict for finding in findings), key=lambda v: v.rank, default=Verdict.UNKNOWN)


def _unknown(check: Check, fault: Fault, clock: Clock, error: BaseException | None = None) -> Finding:
    source = error.source if isinstance(error, BackendError) and error.source else check.source
    return Finding(
        check=check.id,
        subject=check.source,
        verdict=Verdict.UNKNOWN,
        summary=fault.message,
        evidence=(Evidence(source, fault.message, clock.now()),),
        fix=fault.fix,
        permission=fault.permission,
    )
