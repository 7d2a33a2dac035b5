"""From INFO to what it means."""

from __future__ import annotations

from datetime import UTC, datetime

from providers.redis.info import Fields
from providers.redis.values import (
    Connections,
    Database,
    Memory,
    Persistence,
    Replica,
    Replication,
    Server,
    Totals,
    Vitals,
)


def vitals_of(info: Fields, maxclients: int | None = None) -> Vitals:
    """`maxclients` stands in where INFO does not tell it (before 7.0)."""
    return Vitals(
        server=_server(info),
        memory=_memory(info),
        replication=_replication(info),
        connections=_connections(info, maxclients),
        totals=_totals(info),
        persistence=_persistence(info),
        databases=tuple(sorted((_database(n, parts) for n, parts in info.records("db")), key=lambda d: d.number)),
        ops=info.maybe("instantaneous_ops_per_sec") or 0.0,
    )


def _server(info: Fields) -> Server:
    valkey = info.text("valkey_version")
    return Server(
        flavour="valkey" if valkey else info.text("server_name", "redis"),
        version=valkey or info.text("redis_version", "?"),
        mode=info.mode,
        run_id=info.text("run_id"),
        uptime=info.whole("uptime_in_seconds"),
    )


def _memory(info: Fields) -> Memory:
    return Memory(
        used=info.whole("used_memory"),
        peak=info.whole("used_memory_peak"),
        resident=info.whole("used_memory_rss"),
        maximum=info.whole("maxmemory"),
        system=info.whole("total_system_memory"),
        fragmentation=info.maybe("mem_fragmentation_ratio") or 0.0,
        policy=info.text("maxmemory_policy"),
        pending_frees=info.whole("lazyfree_pending_objects"),
    )


def _replication(info: Fields) -> Replication:
    offset = info.whole("master_repl_offset")
    if info.text("role", "master") == "master":
        replicas = tuple(_replica(offset, parts) for _, parts in info.records("slave"))
        return Replication("master", offset, replicas)
    master = f"{info.text('master_host', '?')}:{info.text('master_port', '?')}"
    silent, down = info.maybe("master_last_io_seconds_ago"), info.maybe("master_link_down_since_seconds")
    return Replication(
        role="replica",
        offset=info.whole("slave_repl_offset", offset),
        master=master,
        link=info.text("master_link_status"),
        silent_for=silent if silent is not None and silent >= 0 else None,
        down_for=down if down is not None and down >= 0 else None,
        syncing=info.flag("master_sync_in_progress"),
    )


def _replica(offset: int, parts: dict[str, str]) -> Replica:
    seen, lag = parts.get("offset", ""), parts.get("lag", "")
    behind = max(0, offset - int(seen)) if seen.isdecimal() else 0
    address = f"{parts.get('ip', '?')}:{parts.get('port', '?')}"
    return Replica(address, parts.get("state", ""), behind, float(lag) if lag.isdecimal() else None)


def _connections(info: Fields, maxclients: int | None) -> Connections:
    return Connections(
        connected=info.whole("connected_clients"),
        blocked=info.whole("blocked_clients"),
        maximum=info.whole("maxclients") or maxclients,
        rejected=info.whole("rejected_connections"),
    )


def _totals(info: Fields) -> Totals:
    return Totals(
        hits=info.whole("keyspace_hits"),
        misses=info.whole("keyspace_misses"),
        evicted=info.whole("evicted_keys"),
        expired=info.whole("expired_keys"),
        commands=info.whole("total_commands_processed"),
        rejected=info.whole("rejected_connections"),
        errors=info.whole("total_error_replies"),
    )


def _persistence(info: Fields) -> Persistence:
    saved = info.whole("rdb_last_save_time")
    return Persistence(
        loading=info.flag("loading") or info.flag("async_loading"),
        snapshot_well=info.well("rdb_last_bgsave_status"),
        snapshot_at=datetime.fromtimestamp(saved, UTC) if 0 < saved < 1 << 33 else None,
        unsaved_changes=info.whole("rdb_changes_since_last_save"),
        append_only=info.flag("aof_enabled"),
        append_only_well=info.well("aof_last_write_status") and info.well("aof_last_bgrewrite_status"),
    )


def _database(number: int, parts: dict[str, str]) -> Database:
    keys, expires, ttl = (int(t) if (t := parts.get(k, "")).isdecimal() else 0 for k in ("keys", "expires", "avg_ttl"))
    return Database(number, keys, expires, ttl / 1000)
