"""The account's past. The API dates everything at the moment it is made; here it gets the age of the estate."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from moto.backends import get_backend
from moto.core.utils import unix_time

from sandbox.aws import cache, database, storage
from sandbox.aws.account import ACCOUNT
from sandbox.cluster.nodes.estate.bridge import RELEASES
from sandbox.cluster.nodes.estate.ground import AGE
from sandbox.cluster.nodes.estate.machines import REGION

_BACKUP_TAKES = timedelta(minutes=3)
_KEYS_AGO = timedelta(days=19)
"""When the credentials were last changed."""


def grow_old(now: datetime) -> None:
    """Date what has been seeded. `now` is aware."""
    # moto keeps its moments in UTC without a zone.
    now = now.replace(tzinfo=None)
    _machines(now - AGE)
    _databases(now)
    _backups(now)
    _front(now)
    _credentials(now - _KEYS_AGO)


def _backend(service: str, region: str = REGION) -> Any:
    return get_backend(service)[ACCOUNT][region]  # type: ignore[call-overload]


def _machines(born: datetime) -> None:
    for reservation in _backend("ec2").reservations.values():
        for instance in reservation.instances:
            instance.launch_time = born
    _backend("elasticache").cache_clusters[cache.CACHE].cache_cluster_create_time = born


def _databases(now: datetime) -> None:
    rds, born = _backend("rds"), now - AGE
    cluster = rds.clusters[database.CLUSTER]
    cluster.created = cluster.cluster_create_time = born
    cluster.earliest_restorable_time = now - database.RETENTION
    for instance in rds.databases.values():
        instance.created = instance.instance_create_time = born
    manual = now - RELEASES[-1].ago
    for snapshot in (*rds.database_snapshots.values(), *rds.cluster_snapshots.values()):
        snapshot.created = snapshot.original_snapshot_create_time = manual


def _backups(now: datetime) -> None:
    """An automated snapshot a night, as far back as they are kept, in place of those moto took at once.

    The members of an Aurora cluster have none of their own.
    """
    rds = _backend("rds")
    for snapshots in (rds.database_snapshots, rds.cluster_snapshots):
        for name in [name for name, snapshot in snapshots.items() if snapshot.snapshot_type == "automated"]:
            del snapshots[name]
    rds.events.clear()
    last = now.replace(hour=database.BACKUP_HOUR, minute=7, second=12, microsecond=0)
    last -= timedelta(days=last + _BACKUP_TAKES > now)
    for nights in reversed(range(database.RETENTION.days)):
        _back_up(rds, last - timedelta(days=nights))


def _back_up(rds: Any, at: datetime) -> None:
    """Take the two snapshots of one night, and the events that tell of the instance's."""
    moment, instance = f"{at:%Y-%m-%d-%H-%M}", rds.databases[database.INSTANCE]
    rds.create_auto_cluster_snapshot(database.CLUSTER, f"rds:{database.CLUSTER}-{moment}")
    rds.cluster_snapshots[f"rds:{database.CLUSTER}-{moment}"].created = at
    begun = len(rds.events)
    instance.add_event("DB_INSTANCE_BACKUP_START")
    snapshot = rds.create_auto_snapshot(database.INSTANCE, f"rds:{database.INSTANCE}-{moment}")
    snapshot.created = snapshot.original_snapshot_create_time = at
    instance.add_event("DB_INSTANCE_BACKUP_FINISH")
    events = rds.events[begun:]
    for place, event in enumerate(events):
        event.date = at + _BACKUP_TAKES * (place / (len(events) - 1))


def _front(now: datetime) -> None:
    """The load balancer and the alarms are as old as the estate; the pages came with the last release."""
    for balancer in _backend("elbv2").load_balancers.values():
        balancer.created_time = f"{now - AGE:%Y-%m-%dT%H:%M:%S.000Z}"
    for alarm in _backend("cloudwatch").alarms.values():
        alarm.state_updated_timestamp = alarm.configuration_updated_timestamp = now - AGE
    for group in _backend("logs").groups.values():
        group.creation_time = now - AGE
    for page in _backend("s3", "aws").buckets[storage.PAGES].keys.values():
        page.last_modified = now - RELEASES[-1].ago


def _credentials(changed: datetime) -> None:
    iam = _backend("iam", "aws")
    for user in iam.users.values():
        user.create_date = changed
        for key in user.access_keys:
            key.create_date = changed
    seconds = int(unix_time(changed))
    for secret in _backend("secretsmanager").secrets.values():
        secret.created_date = secret.last_changed_date = seconds
        for version in secret.versions.values():
            version["createdate"] = seconds
