"""Who does what now: sessions that are not idle, those that have been at it too long, and who is connected."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

from providers.core.feed import Reading
from providers.postgres.client import PgClient
from providers.postgres.values import Backend, ConnectionGroup, LockNode, Transaction

if TYPE_CHECKING:
    from providers.postgres.provider import Postgres

EVERY: Final = 2.0
CONNECTIONS_EVERY: Final = 5.0


def own(client: PgClient) -> dict[str, Any]:
    """What tells the console's own sessions, here and elsewhere, from the others."""
    return {"own": client.own_pids, "app": client.settings.application_name}


async def activity(client: PgClient) -> tuple[Backend, ...]:
    """At most 500 sessions that are not idle, longest first; replication and the console's own left out."""
    found = await client.values("backends", Backend, {"pids": None, **own(client)})
    return tuple(sorted(found, key=lambda b: -b.longest))


async def backends(client: PgClient, pids: Iterable[int]) -> tuple[Backend, ...]:
    """The sessions with these pids, whatever they do, as far as they are still there."""
    return await client.values("backends", Backend, {"pids": list(pids), **own(client)})


async def connections(client: PgClient) -> tuple[ConnectionGroup, ...]:
    """Client sessions counted by state, user, application, client and database, most first; at most 500 groups."""
    return await client.values("connections", ConnectionGroup)


def long_ones(
    found: Sequence[Backend], blocking: Reading[tuple[LockNode, ...]], active_limit: float, transaction_limit: float
) -> tuple[Transaction, ...]:
    """Sessions over a limit (seconds), with how many others each holds up as far as that is known; longest first."""
    known = blocking.value if blocking.state == "live" else None
    holding = {node.pid: node.holds_up for node in known or ()}
    return tuple(
        Transaction(backend, *judged, holding.get(backend.pid, 0))
        for backend in found
        if (judged := _over(backend, active_limit, transaction_limit))
    )


async def long_transactions(postgres: Postgres) -> tuple[str, ...]:
    """Those over the limits now, one sentence each: what a failover would cut off. Raises Unreachable, Denied …"""
    limits = postgres.thresholds
    found = await activity(postgres.client)
    held: Reading[tuple[LockNode, ...]] = Reading()
    long = long_ones(found, held, limits.active_query_minutes * 60, limits.transaction_minutes * 60)
    return tuple(f"{t.why} of {t.backend.user} ({t.backend.app}), {t.backend.longest:.0f} s old" for t in long)


def _over(backend: Backend, active_limit: float, transaction_limit: float) -> tuple[str, float] | None:
    if not backend.of_client:
        return None
    if backend.active and (backend.query_age or 0.0) > active_limit:
        return "long statement", active_limit
    if (backend.transaction_age or 0.0) > transaction_limit:
        return ("idle in transaction" if backend.idle_in_transaction else "long transaction"), transaction_limit
    return None
