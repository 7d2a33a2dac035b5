"""The databases of the estate in one picture: clusters, instances, what CloudWatch measures and what AWS plans."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec

from providers.aws import convert
from providers.aws.client import AwsClient, Listed
from providers.aws.polling import Kept, optional
from providers.aws.values import Databases, DbCluster, DbInstance, Maintenance
from providers.core.errors import NotFound
from providers.core.text import clean

MOST_DATABASES: Final = 200
MAINTENANCE_EVERY: Final = 600.0
RECENT: Final = 20.0
METRICS_EVERY: Final = 60.0
"""CloudWatch has one value a minute."""
_LOOKBACK: Final = timedelta(minutes=10)
_NOTHING: Final = Listed(())
_SCALE: Final = {"AuroraReplicaLag": 0.001, "ReplicaLag": 1.0, "FreeStorageSpace": 1.0}
Metrics = Mapping[tuple[str, str], float]


class DatabaseReader:
    """Reads the picture of one cluster, of one instance, of both, or of all; keeps what changes seldom."""

    def __init__(self, client: AwsClient, cluster: str | None = None, instance: str | None = None) -> None:
        self._client = client
        self._cluster = cluster
        self._instance = instance
        self._instances: tuple[DbInstance, ...] = ()
        self._maintenance: Kept[tuple[Maintenance, ...]] = Kept(self._read_maintenance, MAINTENANCE_EVERY)
        self._metrics: Kept[Metrics] = Kept(self._read_metrics, METRICS_EVERY)
        self.recent: Kept[Databases] = Kept(self.read, RECENT)
        """The picture for those who only need to know what there is."""

    async def read(self) -> Databases:
        """The whole picture now. Raises BackendError when clusters or instances cannot be read."""
        known = await self.inventory()
        clusters, instances = known.clusters, known.instances
        self._instances = instances
        no_metrics: Metrics = {}
        (maintenance, gap), (metrics, other_gap) = await asyncio.gather(
            optional("pending maintenance", self._maintenance.get(), ()),
            optional("replica lag and free storage", self._metrics.get(), no_metrics),
        )
        return Databases(
            clusters=clusters,
            instances=tuple(joined(instance, clusters, metrics) for instance in instances),
            maintenance=maintenance,
            gaps=(*gap, *other_gap),
            complete=known.complete,
        )

    async def inventory(self) -> Databases:
        """Clusters and instances alone, without what others know of them. Raises BackendError."""
        (clusters, some), (instances, others) = await asyncio.gather(self._clusters(), self._all_instances())
        return Databases(clusters=clusters, instances=instances, complete=some and others)

    async def _clusters(self) -> tuple[tuple[DbCluster, ...], bool]:
        if self._cluster:
            found = await self._pages("DescribeDBClusters", "DBClusters", DBClusterIdentifier=self._cluster)
        elif self._instance:
            found = _NOTHING
        else:
            found = await self._pages("DescribeDBClusters", "DBClusters")
        return tuple(convert.cluster(raw) for raw in found.items), found.complete

    async def _all_instances(self) -> tuple[tuple[DbInstance, ...], bool]:
        wanted: list[dict[str, Any]] = []
        if self._cluster:
            wanted.append({"Filters": [{"Name": "db-cluster-id", "Values": [self._cluster]}]})
        if self._instance:
            wanted.append({"DBInstanceIdentifier": self._instance})
        lists = await asyncio.gather(
            *(self._pages("DescribeDBInstances", "DBInstances", **params) for params in wanted or [{}])
        )
        found = {raw["DBInstanceIdentifier"]: raw for each in lists for raw in each.items}
        return tuple(convert.instance(raw) for raw in found.values()), all(each.complete for each in lists)

    async def _pages(self, operation: str, key: str, **params: Any) -> Listed:
        return await self._client.pages("rds", operation, key, MOST_DATABASES, **params)

    async def _read_maintenance(self) -> tuple[Maintenance, ...]:
        key = "PendingMaintenanceActions"
        found = await self._client.pages("rds", "DescribePendingMaintenanceActions", key, MOST_DATABASES)
        return tuple(action for raw in found.items for action in convert.maintenance(raw))

    async def _read_metrics(self) -> Metrics:
        """The newest value of each metric of each instance, by (instance, metric)."""
        asked = [(instance.name, metric) for instance in self._instances for metric in metrics_of(instance)][:500]
        if not asked:
            return {}
        now = datetime.now(UTC)
        answer = await self._client.read(
            "cloudwatch",
            "GetMetricData",
            MetricDataQueries=[_query(index, *pair) for index, pair in enumerate(asked)],
            StartTime=now - _LOOKBACK,
            EndTime=now,
            ScanBy="TimestampDescending",
        )
        newest = {asked[int(r["Id"][1:])]: r["Values"][0] for r in answer["MetricDataResults"] if r["Values"]}
        return {pair: value * _SCALE[pair[1]] for pair, value in newest.items()}


def metrics_of(instance: DbInstance) -> tuple[str, ...]:
    """What CloudWatch measures of an instance, of what the console shows."""
    if instance.engine.startswith("aurora"):
        return ("AuroraReplicaLag",)
    return ("FreeStorageSpace", "ReplicaLag") if instance.replica_of or instance.cluster else ("FreeStorageSpace",)


def joined(instance: DbInstance, clusters: Sequence[DbCluster], metrics: Metrics) -> DbInstance:
    """The instance with its role and what was measured."""
    members = {member.instance: member for cluster in clusters for member in cluster.members}
    member = members.get(instance.name)
    lag = metrics.get((instance.name, "AuroraReplicaLag"), metrics.get((instance.name, "ReplicaLag")))
    return msgspec.structs.replace(
        instance,
        writer=member.writer if member else None,
        tier=member.tier if member else instance.tier,
        # A writer is behind nobody; CloudWatch may still tell what it was before a failover.
        lag=None if member and member.writer else lag,
        free_bytes=metrics.get((instance.name, "FreeStorageSpace")),
    )


async def one_cluster(client: AwsClient, name: str) -> DbCluster:
    """A cluster as it is now. Raises NotFound, BackendError."""
    answer = await client.read("rds", "DescribeDBClusters", DBClusterIdentifier=name)
    if not answer.get("DBClusters"):
        raise NotFound(f"there is no cluster {clean(name, 80)}", source=client.source)
    return convert.cluster(answer["DBClusters"][0])


async def one_instance(client: AwsClient, name: str) -> DbInstance:
    """An instance as it is now. Raises NotFound, BackendError."""
    answer = await client.read("rds", "DescribeDBInstances", DBInstanceIdentifier=name)
    if not answer.get("DBInstances"):
        raise NotFound(f"there is no database instance {clean(name, 80)}", source=client.source)
    return convert.instance(answer["DBInstances"][0])


def _query(index: int, instance: str, metric: str) -> dict[str, Any]:
    dimensions = [{"Name": "DBInstanceIdentifier", "Value": instance}]
    stat = {"Metric": {"Namespace": "AWS/RDS", "MetricName": metric, "Dimensions": dimensions}}
    return {"Id": f"q{index}", "MetricStat": stat | {"Period": 60, "Stat": "Maximum"}}
