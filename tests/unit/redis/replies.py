"""Replies of INFO to judge: a cache that is well, and what makes it unwell."""

from __future__ import annotations

from providers.redis.info import Fields
from providers.redis.values import Vitals
from providers.redis.vitals import vitals_of

WELL = {
    "redis_version": "7.0.15", "redis_mode": "standalone", "run_id": "a" * 40, "uptime_in_seconds": "100",
    "connected_clients": "10", "maxclients": "100", "blocked_clients": "1", "rejected_connections": "0",
    "used_memory": "50000000", "used_memory_peak": "60000000", "used_memory_rss": "60000000",
    "maxmemory": "100000000", "maxmemory_policy": "allkeys-lru", "mem_fragmentation_ratio": "1.2",
    "total_system_memory": "1000000000", "keyspace_hits": "90", "keyspace_misses": "10", "evicted_keys": "0",
    "expired_keys": "0", "total_commands_processed": "1000", "total_error_replies": "0", "role": "master",
    "instantaneous_ops_per_sec": "7", "db0": "keys=200,expires=100,avg_ttl=5000",
}  # fmt: skip


def info(**changes: str) -> bytes:
    return "".join(f"{key}:{value}\r\n" for key, value in {**WELL, **changes}.items()).encode()


def vitals(**changes: str) -> Vitals:
    return vitals_of(Fields.of(info(**changes)))
