"""What a database or cache says of itself, as a verdict."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from providers.aws.judge_caches import judge_cache
from providers.aws.judge_databases import judge_backups, judge_lag, judge_parameters, judge_status
from providers.aws.values import Applied, Backups, Databases, DbCluster, DbInstance, Member, Snapshot, Window
from providers.aws.values_cache import CacheCluster, CacheNode
from providers.core.check import Verdict
from providers.core.config import Thresholds

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
LIMITS = Thresholds()


def instance(**more: Any) -> DbInstance:
    given = {
        "name": "db-1",
        "arn": "a",
        "resource_id": "r",
        "status": "available",
        "engine": "postgres",
        "version": "16.6",
    }
    return DbInstance(**(given | {"storage": 100} | more))


def cluster(**more: Any) -> DbCluster:
    given = {"name": "c", "arn": "a", "resource_id": "r", "status": "available", "engine": "aurora", "version": "16.6"}
    members = (Member("db-1", True, 0, "in-sync"), Member("db-2", False, 1, "in-sync"))
    return DbCluster(**(given | {"members": members} | more))


@pytest.mark.parametrize(
    ("database", "verdict"),
    [
        (instance(), Verdict.PASS),
        (instance(status="backing-up"), Verdict.PASS),
        (instance(status="modifying"), Verdict.WARN),
        (instance(status="storage-full"), Verdict.FAIL),
        (instance(status="incompatible-parameters"), Verdict.FAIL),
        (instance(pending=("DBInstanceClass db.m6g.xlarge",)), Verdict.WARN),
        (instance(free_bytes=10 * 1024**3), Verdict.WARN),
        (instance(free_bytes=2 * 1024**3), Verdict.FAIL),
        (instance(free_bytes=60 * 1024**3), Verdict.PASS),
        (cluster(), Verdict.PASS),
        (cluster(members=()), Verdict.FAIL),
        (cluster(status="failing-over"), Verdict.WARN),
    ],
)
def test_status(database: DbInstance | DbCluster, verdict: Verdict) -> None:
    finding = judge_status(database, LIMITS, "aws", NOW)
    assert finding.verdict is verdict, finding.summary
    assert database.status in finding.evidence[0].quote


@pytest.mark.parametrize(("lag", "verdict"), [(0.02, Verdict.PASS), (30.0, Verdict.WARN), (None, Verdict.UNKNOWN)])
def test_lag(lag: float | None, verdict: Verdict) -> None:
    known = Databases(clusters=(cluster(),), instances=(instance(name="db-2", cluster="c", writer=False, lag=lag),))
    assert [finding.verdict for finding in judge_lag(known, LIMITS, "aws", NOW)] == [verdict]


def test_a_cluster_without_a_reader_is_worth_a_word() -> None:
    (finding,) = judge_lag(Databases(clusters=(cluster(members=(Member("db-1", True),)),)), LIMITS, "aws", NOW)
    assert finding.verdict is Verdict.WARN and "no reader" in finding.summary


@pytest.mark.parametrize(
    ("behind", "days", "verdict"),
    [(4, 7, Verdict.PASS), (20, 7, Verdict.WARN), (90, 7, Verdict.FAIL), (4, 0, Verdict.FAIL)],
)
def test_restorable_window(behind: int, days: int, verdict: Verdict) -> None:
    known = Databases(clusters=(cluster(backup_days=days),))
    window = Window("c", True, NOW - timedelta(days=7), NOW - timedelta(minutes=behind))
    assert judge_backups(known, Backups((), (window,)), "aws", NOW)[0].verdict is verdict


@pytest.mark.parametrize(
    ("age", "status", "verdict"),
    [(3, "available", Verdict.PASS), (40, "available", Verdict.WARN), (1, "creating", Verdict.FAIL)],
)
def test_newest_snapshot(age: int, status: str, verdict: Verdict) -> None:
    taken = NOW - timedelta(hours=age)
    snapshot = Snapshot(name="s", arn="a", of="c", of_cluster=True, type="manual", status=status, created=taken)
    backups = Backups((snapshot,), (Window("c", True, None, NOW),))
    assert judge_backups(Databases(clusters=(cluster(backup_days=7),)), backups, "aws", NOW)[1].verdict is verdict


def test_parameters_that_wait_for_a_reboot_name_the_instance() -> None:
    waiting = instance(parameter_groups=(Applied("pg", "pending-reboot"),))
    (finding,) = judge_parameters(Databases(instances=(waiting,)), "aws", NOW)
    assert (finding.subject, finding.verdict) == ("db-instance/db-1", Verdict.WARN) and "reboot" in finding.fix
    fine = instance(parameter_groups=(Applied("pg", "in-sync"),))
    assert judge_parameters(Databases(instances=(fine,)), "aws", NOW)[0].verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("status", "node", "verdict"),
    [
        ("available", "available", Verdict.PASS),
        ("available", "rebooting", Verdict.FAIL),
        ("modifying", "available", Verdict.WARN),
        ("incompatible-network", "available", Verdict.FAIL),
    ],
)
def test_cache(status: str, node: str, verdict: Verdict) -> None:
    nodes = (CacheNode(id="0001", status=node),)
    cache = CacheCluster(name="r", arn="a", status=status, engine="redis", version="7", node_type="t", nodes=nodes)
    assert judge_cache(cache, "aws", NOW).verdict is verdict
