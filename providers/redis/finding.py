"""Findings of the cache's checks, and the figures in them."""

from __future__ import annotations

from contextlib import aclosing
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from providers.core.check import Evidence, Finding, Verdict
from providers.core.errors import BackendError, Denied
from providers.redis.values import Node, Overview, Vitals

if TYPE_CHECKING:
    from providers.redis.provider import Redis


def finding(row: str, subject: str, verdict: Verdict, summary: str, quote: str, source: str, fix: str = "") -> Finding:
    """One answer, as of now."""
    return Finding(row, subject, verdict, summary, (Evidence(source, quote, datetime.now(UTC)),), fix)


def unknown(row: str, subject: str, error: BackendError, source: str) -> Finding:
    """What could not be asked, with the missing right when that is why."""
    permission = error.permission if isinstance(error, Denied) else ""
    evidence = (Evidence(source, error.message, datetime.now(UTC)),)
    return Finding(row, subject, Verdict.UNKNOWN, error.message, evidence, error.fix, permission)


async def with_rates(redis: Redis) -> Overview:
    """The overview once it knows what changed since the reading before: a moment after its feed has started.

    Raises at once what keeps the cache from being read; the feed would try again and again.
    """
    await redis.client.ask_all([("PING",)])
    last = await redis.overview.first()
    async with aclosing(redis.overview.readings()) as readings:
        async for reading in readings:
            last = reading.value or last
            if last.rates is not None or reading.fault is not None:
                break
    return last


def parts(overview: Overview) -> list[tuple[str, Vitals]]:
    """(subject, its figures): the server, or each master of a cluster that was reached."""
    masters = [node for node in overview.nodes if node.vitals is not None and node.role == "master"]
    if not masters:
        return [("redis", overview.vitals)]
    return [(_name(node), node.vitals) for node in masters if node.vitals is not None]


def _name(node: Node) -> str:
    return f"redis/{node.address}"


def size(count: float) -> str:
    """Bytes as a person reads them: 63.2 MiB."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if abs(count) < 1024:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1024
    return f"{count:.1f} TiB"
