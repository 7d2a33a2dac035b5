"""The guide's questions to the account: databases and caches."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from providers.aws.judge_caches import judge_caches
from providers.aws.judge_databases import judge_backups, judge_lag, judge_parameters, judge_status
from providers.core.check import Check, Finding

if TYPE_CHECKING:
    from providers.aws.provider import Aws


def checks(aws: Aws) -> Sequence[Check]:
    """Every check of the account, bound to its feeds."""
    source, limits = aws.source, aws.thresholds

    async def status() -> list[Finding]:
        known = await aws.databases.first()
        return [judge_status(each, limits, source, _now()) for each in (*known.clusters, *known.instances)]

    async def lag() -> list[Finding]:
        return judge_lag(await aws.databases.first(), limits, source, _now())

    async def backups() -> list[Finding]:
        return judge_backups(await aws.databases.first(), await aws.snapshots.first(), source, _now())

    async def parameters() -> list[Finding]:
        return judge_parameters(await aws.databases.first(), source, _now())

    async def caches() -> list[Finding]:
        return judge_caches(await aws.caches.first(), source, _now())

    return (
        Check("D01", "Do the databases serve, by AWS's account?", source, status, timeout=20.0),
        Check("D07", "Do the parameter groups hold as they are set?", source, parameters, timeout=20.0),
        Check("R01", "Do the caches serve, by AWS's account?", source, caches, timeout=20.0),
        Check("E08", "Could a replica take over, and how far behind is it?", source, lag, timeout=20.0),
        Check("E10", "Is there a way back: restorable moments and snapshots?", source, backups, timeout=30.0),
    )


def _now() -> datetime:
    return datetime.now(UTC)
