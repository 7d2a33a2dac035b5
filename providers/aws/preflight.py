"""Before a failover: who would take over, and what speaks against it."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from providers.aws.values import Databases, DbCluster, DbInstance, Maintenance
from providers.core.config import Thresholds
from providers.core.errors import UsageError


class Successor(msgspec.Struct, frozen=True):
    """The reader that becomes the writer; `chosen` by the operator, else by AWS, which goes by promotion tier."""

    instance: DbInstance | None
    chosen: bool
    rivals: tuple[str, ...] = ()
    """Readers AWS may take as well: the same tier."""


def successor(cluster: DbCluster, databases: Databases, wanted: str) -> Successor:
    """Who would take over. Raises UsageError for an instance that is no reader of the cluster."""
    names = [reader.instance for reader in cluster.readers]
    if wanted:
        if wanted not in names:
            have = ", ".join(names) or "none"
            raise UsageError(f"{wanted!r} is no reader of {cluster.name}", fix=f"its readers: {have}")
        return Successor(databases.instance(wanted), True)
    if not names:
        return Successor(None, False)
    best = min(_tier(reader.tier) for reader in cluster.readers)
    first, *others = [reader.instance for reader in cluster.readers if _tier(reader.tier) == best]
    return Successor(databases.instance(first), False, tuple(others))


def blockers(cluster: DbCluster, heir: Successor) -> tuple[str, ...]:
    """Why it must not be done now."""
    found = []
    if not cluster.available:
        found.append(f"the cluster is {cluster.status}; wait until it is available")
    if not cluster.readers:
        found.append("it has no reader to fail over to: aws rds create-db-instance makes one")
    elif heir.instance is None:
        found.append("the reader that would take over cannot be seen")
    elif not heir.instance.available:
        found.append(f"{heir.instance.name} is {heir.instance.status}: choose another reader, or wait")
    return tuple(found)


def concerns(
    cluster: DbCluster, databases: Databases, heir: Successor, limits: Thresholds, transactions: Sequence[str] | None
) -> tuple[str, ...]:
    """What it will disturb, and what to know before."""
    writer = databases.instance(cluster.writer)
    lines = [
        f"every connection to {cluster.writer or 'the writer'} breaks; no writes for about half a minute, "
        "longer for clients that keep its address",
        *_of_heir(heir, writer, limits),
        *_transactions(transactions),
        *(_maintenance(action) for action in databases.maintenance if _concerns(action, cluster)),
    ]
    if len(cluster.readers) == 1:
        lines.append("it is the only reader: until the old writer is back there is nothing left to fail over to")
    if cluster.pending:
        lines.append(f"changes of the cluster wait to be applied: {', '.join(cluster.pending)}")
    return tuple(lines)


def _of_heir(heir: Successor, writer: DbInstance | None, limits: Thresholds) -> list[str]:
    reader = heir.instance
    if reader is None:
        return []
    who = f"{reader.name} ({reader.instance_class}, {reader.zone}, tier {'?' if reader.tier is None else reader.tier})"
    lines = [f"{who} takes over" if heir.chosen else f"AWS chooses by promotion tier: {who} is expected"]
    if heir.rivals:
        lines.append(f"the same tier: {', '.join(heir.rivals)}; name target_instance to be sure")
    lines.append(_lag(reader, limits))
    if writer and writer.instance_class != reader.instance_class:
        lines.append(f"the new writer is a {reader.instance_class}, the old one a {writer.instance_class}")
    if reader.pending:
        lines.append(f"changes of {reader.name} wait to be applied: {', '.join(reader.pending)}")
    return lines


def _lag(reader: DbInstance, limits: Thresholds) -> str:
    if reader.lag is None:
        return f"how far {reader.name} is behind is not known: CloudWatch does not tell"
    behind = f"{reader.name} is {reader.lag:.3g} s behind"
    return behind if reader.lag <= limits.replica_lag else f"{behind}: more than the usual {limits.replica_lag:g} s"


def _transactions(found: Sequence[str] | None) -> list[str]:
    if found is None:
        return ["long transactions were not looked at; what is open on the writer is rolled back"]
    return [f"rolled back: {one}" for one in found] or ["no long transaction is open on the writer"]


def _maintenance(action: Maintenance) -> str:
    when = f" at {action.at:%Y-%m-%d %H:%MZ}" if action.at else ""
    return f"maintenance of {action.subject} is pending: {action.action}{when}"


def _concerns(action: Maintenance, cluster: DbCluster) -> bool:
    return action.subject in {cluster.name, *(member.instance for member in cluster.members)}


def _tier(tier: int | None) -> int:
    # 15 is the last tier there is.
    return 15 if tier is None else tier
