"""What happened to the databases, and the ways back: events, snapshots, restorable windows."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final

from providers.aws import convert
from providers.aws.client import AwsClient
from providers.aws.databases import DatabaseReader
from providers.aws.raw import moment, part
from providers.aws.values import Backups, Database, Databases, DbCluster, Event, Snapshot, Window
from providers.core.errors import Denied, NotFound

DAY_MINUTES: Final = 24 * 60
MOST_EVENTS: Final = 500
MOST_SNAPSHOTS: Final = 500
_OLDEST: Final = datetime.min.replace(tzinfo=UTC)


async def db_events(client: AwsClient) -> tuple[Event, ...]:
    """Events of the estate's databases in the last 24 hours, newest first."""
    found = await client.pages("rds", "DescribeEvents", "Events", MOST_EVENTS, Duration=DAY_MINUTES)
    events = (convert.event(raw) for raw in found.items)
    return newest_first(event for event in events if _ours(event, client))


def newest_first(events: Iterable[Event]) -> tuple[Event, ...]:
    return tuple(sorted(events, key=lambda event: event.at or _OLDEST, reverse=True))


def _ours(event: Event, client: AwsClient) -> bool:
    """Members of a cluster and snapshots carry its name; with nothing configured all are of the estate."""
    names = [name for name in (client.settings.rds_cluster, client.settings.rds_instance) if name]
    return not names or any(event.subject.removeprefix("rds:").startswith(name) for name in names)


async def backups(client: AwsClient, reader: DatabaseReader) -> Backups:
    """Snapshots, newest first, and to which moments each database can be restored."""
    databases = await reader.recent.get()
    lists = await asyncio.gather(*(_snapshots(client, params) for params in _wanted(databases, client)))
    found = {snapshot.arn or snapshot.name: snapshot for each, _ in lists for snapshot in each}
    snapshots = sorted(found.values(), key=lambda snapshot: snapshot.created or _OLDEST, reverse=True)
    alone = [instance for instance in databases.instances if not instance.cluster]
    windows = await asyncio.gather(*(window_of(client, each) for each in (*databases.clusters, *alone)))
    return Backups(tuple(snapshots), tuple(windows), all(complete for _, complete in lists))


def _wanted(databases: Databases, client: AwsClient) -> list[dict[str, Any]]:
    settings = client.settings
    if not settings.rds_cluster and not settings.rds_instance:
        return [{"cluster": True}, {"cluster": False}]
    wanted: list[dict[str, Any]] = [{"cluster": True, "DBClusterIdentifier": each.name} for each in databases.clusters]
    alone = [each for each in databases.instances if not each.cluster]
    return wanted + [{"cluster": False, "DBInstanceIdentifier": each.name} for each in alone]


async def _snapshots(client: AwsClient, params: dict[str, Any]) -> tuple[list[Snapshot], bool]:
    kind = "DBCluster" if params.pop("cluster") else "DB"
    found = await client.pages("rds", f"Describe{kind}Snapshots", f"{kind}Snapshots", MOST_SNAPSHOTS, **params)
    return [convert.snapshot(raw) for raw in found.items], found.complete


async def window_of(client: AwsClient, database: Database) -> Window:
    """A cluster says both ends itself, an instance only the latest; its automated backup says both."""
    name, latest = database.name, database.latest_restorable
    if isinstance(database, DbCluster):
        return Window(name, True, database.earliest_restorable, latest)
    try:
        answer = await client.read("rds", "DescribeDBInstanceAutomatedBackups", DBInstanceIdentifier=name)
    except (NotFound, Denied):
        return Window(name, False, None, latest)
    for raw in answer.get("DBInstanceAutomatedBackups", ()):
        restorable = part(raw, "RestoreWindow")
        return Window(name, False, moment(restorable, "EarliestTime"), moment(restorable, "LatestTime") or latest)
    return Window(name, False, None, latest)
