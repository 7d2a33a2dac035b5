"""Questions about sessions: P02, P04, and who holds up whom."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from providers.core.check import Check, Finding, Verdict
from providers.postgres.findings import age, finding
from providers.postgres.values import Backend, LockNode

if TYPE_CHECKING:
    from providers.postgres.provider import Postgres

HELD_UP: Final = 10.0
"""Seconds that a lock may be waited for before it is worth a word, and six times that before it is a failure."""
_MOST: Final = 20


def checks(postgres: Postgres) -> Sequence[Check]:
    """Bound to the feeds of one server."""
    limits, source = postgres.thresholds, postgres.source

    async def statements() -> list[Finding]:
        return judge_active(await postgres.activity.first(), limits.active_query_minutes * 60, source)

    async def transactions() -> list[Finding]:
        return judge_transactions(await postgres.activity.first(), limits.transaction_minutes * 60, source)

    async def locks() -> list[Finding]:
        return judge_blocking(await postgres.blocking.first(), source)

    return (
        Check("P02", "Does a statement run for too long?", source, statements),
        Check("P02", "Does a session hold up others?", source, locks),
        Check("P04", "Is a transaction open for too long?", source, transactions),
    )


def judge_active(backends: Sequence[Backend], limit: float, source: str) -> list[Finding]:
    """One finding a statement over the limit (seconds); one that passes when there is none."""
    over = [b for b in backends if b.active and b.of_client and (b.query_age or 0.0) > limit]
    found = [_long("P02", b, b.query_age, "active", limit, source) for b in over[:_MOST]]
    return found or [_none("P02", "no statement", backends, limit, source)]


def judge_transactions(backends: Sequence[Backend], limit: float, source: str) -> list[Finding]:
    """The same for open transactions; one that is idle fails, as nobody works on it."""
    over = [b for b in backends if b.of_client and (b.transaction_age or 0.0) > limit]
    found = [_long("P04", b, b.transaction_age, b.state, limit, source) for b in over[:_MOST]]
    return found or [_none("P04", "no transaction", backends, limit, source)]


def judge_blocking(nodes: Sequence[LockNode], source: str) -> list[Finding]:
    """One finding a root blocker, judged by the longest wait below it."""
    longest: dict[LockNode, float] = {}
    for node in nodes:
        if node.depth == 0:
            root = node
            longest[root] = 0.0
        else:
            longest[root] = max(longest[root], _waited(node))
    found = [_blocker(root, waited, source) for root, waited in longest.items()]
    return found or [finding("P02", "locks", Verdict.PASS, "nobody waits for a lock", "no session waits", source)]


def _waited(node: LockNode) -> float:
    """Where the server does not tell, as long as the statement runs: it cannot have waited longer."""
    if node.waited is not None:
        return node.waited
    return (node.backend.query_age or 0.0) if node.backend else 0.0


def _blocker(root: LockNode, longest: float, source: str) -> Finding:
    verdict = Verdict.PASS if longest <= HELD_UP else Verdict.WARN if longest <= 6 * HELD_UP else Verdict.FAIL
    who = root.backend
    doing = f"{who.user} {who.app}, {who.state}" if who else "a prepared transaction" if root.pid == 0 else "gone"
    summary = f"holds up {root.holds_up} for up to {age(longest)} ({doing}); ending it frees {root.frees} at once"
    quote = f"{', '.join(map(str, root.locked)) or 'unknown lock'}; {who.query if who else ''}"
    fix = "cancel it, or terminate it when it is idle" if root.pid else "ROLLBACK PREPARED what pg_prepared_xacts lists"
    return finding("P02", f"backend/{root.pid}", verdict, summary, quote, source, fix if longest > HELD_UP else "")


def _long(row: str, backend: Backend, old: float | None, doing: str, limit: float, source: str) -> Finding:
    idle = backend.idle_in_transaction
    verdict = Verdict.FAIL if idle or (old or 0.0) > 3 * limit else Verdict.WARN
    who = " ".join(filter(None, (backend.user, backend.app)))
    waits = f", waits for {backend.wait}" if backend.wait and not idle else ""
    summary = f"{doing} for {age(old)} ({who}){waits}"
    fix = "terminate it: nobody works in it" if idle else "explain it; cancel it when it does harm"
    return finding(row, f"backend/{backend.pid}", verdict, summary, backend.query, source, fix)


def _none(row: str, what: str, backends: Sequence[Backend], limit: float, source: str) -> Finding:
    """Nothing is over the limit, as far as it can be seen."""
    hidden = sum(backend.hidden for backend in backends)
    if hidden:
        summary, quote, fix = (
            f"{hidden} sessions cannot be seen",
            "<insufficient privilege>",
            "GRANT pg_monitor TO the role",
        )
        return finding(row, "sessions", Verdict.UNKNOWN, summary, quote, source, fix, "pg_read_all_stats")
    oldest = max((b.longest for b in backends if b.of_client), default=0.0)
    summary = f"{what} is older than {age(limit)}"
    return finding(row, "sessions", Verdict.PASS, summary, f"the oldest is {age(oldest)} old", source)
