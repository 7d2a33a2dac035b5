"""ElastiCache: the Redis of the bridge."""

from __future__ import annotations

from sandbox.aws.account import ENV, PROJECT, TAGS, Account
from sandbox.aws.network import ZONES, Network

CACHE = f"{PROJECT}-{ENV}-redis"


def seed(account: Account, network: Network) -> None:
    """Make the cluster of one node."""
    cache = account.client("elasticache")
    cache.create_cache_subnet_group(
        CacheSubnetGroupName=CACHE, CacheSubnetGroupDescription="Data tier", SubnetIds=network.data, Tags=TAGS
    )
    cache.create_cache_cluster(
        CacheClusterId=CACHE, Engine="redis", EngineVersion="7.1", CacheNodeType="cache.t4g.small", NumCacheNodes=1,
        Port=6379, PreferredAvailabilityZone=ZONES[0], CacheSubnetGroupName=CACHE,
        SecurityGroupIds=[network.groups["redis"]], TransitEncryptionEnabled=True, Tags=TAGS,
    )  # fmt: skip
