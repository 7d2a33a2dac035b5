"""Verdicts on caches, from values alone."""

from __future__ import annotations

from datetime import datetime

from providers.aws.judge_databases import judge_applied
from providers.aws.values_cache import CacheCluster, Caches, ReplicationGroup
from providers.core.check import Evidence, Finding, Verdict


def judge_caches(caches: Caches, source: str, now: datetime) -> list[Finding]:
    """R01: does each cluster and group serve, does something wait to be applied."""
    uses = [(each.name, each.parameter_group, each.parameter_status) for each in caches.clusters]
    held = judge_applied("R01", "cache-cluster", [use for use in uses if use[1]], source, now)
    clusters = [judge_cache(each, source, now) for each in caches.clusters]
    return clusters + [judge_cache(each, source, now) for each in caches.groups] + held


def judge_cache(cache: CacheCluster | ReplicationGroup, source: str, now: datetime) -> Finding:
    """One cluster or replication group."""
    kind = "cache-cluster" if isinstance(cache, CacheCluster) else "replication-group"
    nodes = cache.nodes if isinstance(cache, CacheCluster) else ()
    unwell = [f"node {node.id} is {node.status}" for node in nodes if node.status != "available"]
    version = f" · {cache.engine} {cache.version}" if isinstance(cache, CacheCluster) else ""
    quote = "; ".join((f"{cache.status}{version}", *unwell, *cache.pending))
    verdict, summary = Verdict.PASS, f"it is {cache.status}"
    if not cache.available:
        gone = cache.status.startswith(("deleting", "deleted", "create-failed", "incompatible", "restore-failed"))
        verdict = Verdict.FAIL if gone else Verdict.WARN
    elif unwell:
        verdict, summary = Verdict.FAIL, unwell[0]
    elif cache.pending:
        verdict, summary = Verdict.WARN, "changes wait to be applied"
    return Finding("R01", f"{kind}/{cache.name}", verdict, summary, (Evidence(source, quote, now),))
