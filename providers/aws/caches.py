"""The caches of the estate in one picture, what happened to them, and their parameters."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from providers.aws import convert
from providers.aws import raw as of
from providers.aws.client import AwsClient
from providers.aws.history import DAY_MINUTES, MOST_EVENTS, newest_first
from providers.aws.parameters import Uses, group_of
from providers.aws.polling import optional
from providers.aws.raw import Raw
from providers.aws.values import Event, ParameterGroup
from providers.aws.values_cache import CacheCluster, CacheNode, Caches, NodeGroup, ReplicationGroup

MOST_CACHES: Final = 200


async def read_caches(client: AwsClient, *, everything: bool = False) -> Caches:
    """The whole picture now, of the configured cache or of all. Raises BackendError when clusters cannot be read."""
    name = None if everything else client.settings.cache_cluster
    wanted: dict[str, Any] = {"ShowCacheNodeInfo": True} | ({"CacheClusterId": name} if name else {})
    (found, (groups, gaps)) = await asyncio.gather(
        client.pages("elasticache", "DescribeCacheClusters", "CacheClusters", MOST_CACHES, **wanted),
        optional("replication groups", _groups(client), ()),
    )
    clusters = tuple(_cluster(raw) for raw in found.items)
    mine = {cluster.replication_group for cluster in clusters} if name else {group.name for group in groups}
    shown = tuple(group for group in groups if group.name in mine)
    return Caches(clusters=clusters, groups=shown, gaps=gaps, complete=found.complete)


async def cache_events(client: AwsClient) -> tuple[Event, ...]:
    """Events of the estate's caches in the last 24 hours, newest first."""
    found = await client.pages("elasticache", "DescribeEvents", "Events", MOST_EVENTS, Duration=DAY_MINUTES)
    name = client.settings.cache_cluster or ""
    return newest_first(event for raw in found.items if (event := convert.event(raw)).subject.startswith(name))


async def cache_parameters(client: AwsClient) -> tuple[ParameterGroup, ...]:
    """Each parameter group the caches use, with what differs from the default."""
    uses = uses_of(await read_caches(client))
    return tuple(await asyncio.gather(*(group_of(client, kind, name, uses) for kind, name in sorted(uses))))


def uses_of(caches: Caches) -> Uses:
    """Which groups are used, and by whom."""
    uses: dict[tuple[str, str], tuple[tuple[str, str], ...]] = {}
    for cluster in caches.clusters:
        if cluster.parameter_group:
            key = ("cache", cluster.parameter_group)
            uses[key] = (*uses.get(key, ()), (cluster.name, cluster.parameter_status))
    return uses


async def _groups(client: AwsClient) -> tuple[ReplicationGroup, ...]:
    found = await client.pages("elasticache", "DescribeReplicationGroups", "ReplicationGroups", MOST_CACHES)
    return tuple(_group(raw) for raw in found.items)


def _cluster(raw: Raw) -> CacheCluster:
    parameters = of.part(raw, "CacheParameterGroup")
    return CacheCluster(
        name=of.text(raw, "CacheClusterId"),
        arn=of.text(raw, "ARN"),
        status=of.text(raw, "CacheClusterStatus"),
        engine=of.text(raw, "Engine"),
        version=of.text(raw, "EngineVersion"),
        node_type=of.text(raw, "CacheNodeType"),
        zone=of.text(raw, "PreferredAvailabilityZone"),
        nodes=tuple(_node(node) for node in of.parts(raw, "CacheNodes")),
        node_count=of.number(raw, "NumCacheNodes"),
        replication_group=of.text(raw, "ReplicationGroupId"),
        parameter_group=of.text(parameters, "CacheParameterGroupName"),
        parameter_status=of.text(parameters, "ParameterApplyStatus"),
        reboot_nodes=of.texts(parameters, "CacheNodeIdsToReboot"),
        pending=of.changes(raw, "PendingModifiedValues"),
        encrypted_in_transit=of.flag(raw, "TransitEncryptionEnabled"),
        encrypted_at_rest=of.flag(raw, "AtRestEncryptionEnabled"),
        maintenance_window=of.text(raw, "PreferredMaintenanceWindow"),
        snapshot_days=of.number(raw, "SnapshotRetentionLimit"),
        created=of.moment(raw, "CacheClusterCreateTime"),
    )


def _node(raw: Raw) -> CacheNode:
    endpoint = of.part(raw, "Endpoint")
    return CacheNode(
        id=of.text(raw, "CacheNodeId"),
        status=of.text(raw, "CacheNodeStatus"),
        endpoint=of.text(endpoint, "Address"),
        port=of.number(endpoint, "Port"),
        zone=of.text(raw, "CustomerAvailabilityZone"),
        parameter_status=of.text(raw, "ParameterGroupStatus"),
        created=of.moment(raw, "CacheNodeCreateTime"),
    )


def _group(raw: Raw) -> ReplicationGroup:
    return ReplicationGroup(
        name=of.text(raw, "ReplicationGroupId"),
        arn=of.text(raw, "ARN"),
        status=of.text(raw, "Status"),
        description=of.text(raw, "Description"),
        engine=of.text(raw, "Engine"),
        node_type=of.text(raw, "CacheNodeType"),
        multi_az=of.text(raw, "MultiAZ"),
        automatic_failover=of.text(raw, "AutomaticFailover"),
        endpoint=of.text(of.part(raw, "ConfigurationEndpoint"), "Address"),
        shards=tuple(_shard(shard) for shard in of.parts(raw, "NodeGroups")),
        members=of.texts(raw, "MemberClusters"),
        pending=of.changes(raw, "PendingModifiedValues"),
    )


def _shard(raw: Raw) -> NodeGroup:
    members = of.parts(raw, "NodeGroupMembers")
    fields = ("CacheClusterId", "CurrentRole", "PreferredAvailabilityZone")
    return NodeGroup(
        id=of.text(raw, "NodeGroupId"),
        status=of.text(raw, "Status"),
        endpoint=of.text(of.part(raw, "PrimaryEndpoint"), "Address"),
        reader_endpoint=of.text(of.part(raw, "ReaderEndpoint"), "Address"),
        members=tuple((of.text(m, fields[0]), of.text(m, fields[1]), of.text(m, fields[2])) for m in members),
    )
