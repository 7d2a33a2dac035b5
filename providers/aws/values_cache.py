"""What the console knows of the caches: whole, frozen and clean. Times are UTC."""

from __future__ import annotations

from datetime import datetime

import msgspec

from providers.aws.values import AVAILABLE, Gap


class CacheNode(msgspec.Struct, frozen=True, kw_only=True):
    """A node of a cache cluster."""

    id: str
    status: str
    endpoint: str = ""
    port: int | None = None
    zone: str = ""
    parameter_status: str = ""
    created: datetime | None = None


class CacheCluster(msgspec.Struct, frozen=True, kw_only=True):
    """A cache cluster; of Redis and Valkey it is one node, often a member of a replication group."""

    name: str
    arn: str
    status: str
    engine: str
    version: str
    node_type: str
    zone: str = ""
    nodes: tuple[CacheNode, ...] = ()
    node_count: int | None = None
    replication_group: str = ""
    parameter_group: str = ""
    parameter_status: str = ""
    reboot_nodes: tuple[str, ...] = ()
    """Nodes whose parameters take effect only with a reboot."""
    pending: tuple[str, ...] = ()
    encrypted_in_transit: bool = False
    encrypted_at_rest: bool = False
    maintenance_window: str = ""
    snapshot_days: int | None = None
    created: datetime | None = None

    @property
    def available(self) -> bool:
        return self.status == AVAILABLE

    @property
    def identity(self) -> str:
        """What an action is pinned to; ElastiCache gives no id that a namesake would not have."""
        return f"{self.arn} {self.created:%Y-%m-%dT%H:%M:%SZ}" if self.created else self.arn


class NodeGroup(msgspec.Struct, frozen=True, kw_only=True):
    """A shard."""

    id: str
    status: str
    endpoint: str = ""
    reader_endpoint: str = ""
    members: tuple[tuple[str, str, str], ...] = ()
    """(cache cluster, role, zone)."""


class ReplicationGroup(msgspec.Struct, frozen=True, kw_only=True):
    """Redis or Valkey with replicas or shards."""

    name: str
    arn: str
    status: str
    description: str = ""
    engine: str = ""
    node_type: str = ""
    multi_az: str = ""
    automatic_failover: str = ""
    endpoint: str = ""
    """The configuration endpoint in cluster mode."""
    shards: tuple[NodeGroup, ...] = ()
    members: tuple[str, ...] = ()
    pending: tuple[str, ...] = ()

    @property
    def available(self) -> bool:
        return self.status == AVAILABLE


class Caches(msgspec.Struct, frozen=True, kw_only=True):
    """The caches of the estate. `complete` is False when there are more than the console lists."""

    clusters: tuple[CacheCluster, ...] = ()
    groups: tuple[ReplicationGroup, ...] = ()
    gaps: tuple[Gap, ...] = ()
    complete: bool = True

    @property
    def changing(self) -> bool:
        return any(not cluster.available or cluster.pending for cluster in self.clusters) or any(
            not group.available or group.pending for group in self.groups
        )

    def cluster(self, name: str) -> CacheCluster | None:
        return next((found for found in self.clusters if found.name == name), None)
