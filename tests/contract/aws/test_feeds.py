"""What every feed promises: it opens, yields the estate, says what is missing, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import threading

import pytest

from providers.aws.answers import NotOffered
from providers.core.check import Verdict, run_check
from providers.core.config import Aws as Settings
from providers.core.errors import BackendError
from sandbox.aws import Aws as Member
from tests.contract.aws import recorded
from tests.contract.aws.conftest import Connect
from tests.contract.aws.recorded import CACHE
from tests.contract.aws.servers import serving

CLUSTER = "fusion-bitcoin-sandbox"


async def test_light_says_who_and_where(account: Connect) -> None:
    light = await account().light.first()
    assert light.identity == "arn:aws:iam::444455556666:user/oncall"
    assert light.target.startswith("444455556666 · eu-west-1 · http://127.0.0.1:")
    assert light.rtt > 0 and abs(light.skew) < 5


async def test_databases_are_those_of_the_estate_with_their_roles(account: Connect) -> None:
    found = await account().databases.first()
    (cluster,) = found.clusters
    assert (cluster.name, cluster.status, cluster.writer) == (CLUSTER, "available", f"{CLUSTER}-1")
    assert cluster.resource_id.startswith("cluster-") and cluster.reader_endpoint
    assert cluster.latest_restorable and cluster.parameter_status == "in-sync"
    roles = {each.name: (each.cluster, each.writer, each.tier) for each in found.instances}
    assert roles == {
        f"{CLUSTER}-1": (CLUSTER, True, 0),
        f"{CLUSTER}-2": (CLUSTER, False, 1),
        f"{CLUSTER}-db": ("", None, None),
    }
    reader, single = found.instance(f"{CLUSTER}-2"), found.instance(f"{CLUSTER}-db")
    assert reader and reader.lag is not None and 0 < reader.lag < 1
    assert single and single.free_part is not None and 0.5 < single.free_part < 0.7
    assert [(gap.what, gap.kind) for gap in found.gaps] == [("pending maintenance", "absent")]
    assert "not offered by this endpoint" in found.gaps[0].message


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({"rds_cluster": None}, {f"{CLUSTER}-db"}),
        ({"rds_instance": None}, {f"{CLUSTER}-1", f"{CLUSTER}-2"}),
        ({"rds_cluster": None, "rds_instance": None}, {f"{CLUSTER}-1", f"{CLUSTER}-2", f"{CLUSTER}-db"}),
    ],
    ids=["instance", "cluster", "all"],
)
async def test_only_what_is_configured_is_listed(account: Connect, changes: dict[str, None], names: set[str]) -> None:
    found = await account(**changes).databases.first()
    assert {each.name for each in found.instances} >= names
    assert bool(found.clusters) == (changes != {"rds_cluster": None})


async def test_closing_leaves_no_task_and_no_thread(account: Connect) -> None:
    before = asyncio.all_tasks()
    aws = account()
    end = aws.databases.subscribe(lambda: None)
    await aws.light.first()
    await aws.__aexit__(None, None, None)
    end()
    assert asyncio.all_tasks() == before
    async with asyncio.timeout(5):
        while any(thread.name.startswith("aws test") for thread in threading.enumerate()):
            await asyncio.sleep(0)


async def test_nothing_is_asked_before_somebody_listens(opened: Connect) -> None:
    aws = opened(Settings())
    assert {feed.listeners for feed in (*aws.feeds.values(), aws.light)} == {0}
    assert aws.identity == ""


async def test_snapshots_and_windows_are_the_ways_back(account: Connect) -> None:
    found = await account().snapshots.first()
    times = [snapshot.created for snapshot in found.snapshots if snapshot.created]
    assert times == sorted(times, reverse=True) and len(times) == len(found.snapshots) >= 16
    assert {(each.of, each.of_cluster, each.type) for each in found.snapshots} == {
        (name, name == CLUSTER, kind) for name in (CLUSTER, f"{CLUSTER}-db") for kind in ("manual", "automated")
    }
    windows = {window.database: window for window in found.windows}
    assert windows[CLUSTER].earliest and windows[CLUSTER].latest and windows[f"{CLUSTER}-db"].latest


async def test_events_are_of_the_last_day_and_newest_first(account: Connect) -> None:
    found = await account().db_events.first()
    times = [event.at for event in found if event.at]
    assert found and times == sorted(times, reverse=True)
    assert {event.kind for event in found} <= {"db-instance", "db-cluster", "db-snapshot", "db-cluster-snapshot"}


async def test_parameters_are_those_set_by_hand(account: Connect) -> None:
    groups = {group.name: group for group in await account().db_parameters.first()}
    assert {p.name: p.value for p in groups[CLUSTER].parameters}["rds.force_ssl"] == "1"
    assert groups[CLUSTER].used_by == ((f"{CLUSTER}-1", "in-sync"), (f"{CLUSTER}-2", "in-sync"))
    default = groups["default.aurora-postgresql16"]
    assert default.default and default.parameters == ()


async def test_log_files_are_listed(account: Connect) -> None:
    (file,) = await account().log_files(f"{CLUSTER}-db")
    assert file.name.startswith("error/postgresql.log") and file.written and file.size
    with pytest.raises(NotOffered):
        await account().log_tail(f"{CLUSTER}-db", file.name)


async def test_cache_is_the_estate_s_and_its_events_are_not_offered(account: Connect) -> None:
    aws = account()
    found = await aws.caches.first()
    assert [(each.name, each.status, each.version) for each in found.clusters] == [(CACHE, "available", "7.1")]
    assert await aws.cache_parameters.first() == ()
    with pytest.raises(BackendError, match="not offered by this endpoint"):
        await aws.cache_events.first()
    assert aws.cache_events.latest.state == "absent" and aws.caches.latest.state == "live"


@pytest.mark.usefixtures("keys")
async def test_what_aws_says_beyond_the_sandbox_is_read(opened: Connect, member: Member) -> None:
    answers = {
        "DescribeCacheClusters": recorded.CACHE_CLUSTERS,
        "DescribeReplicationGroups": recorded.REPLICATION_GROUPS,
        "DescribeCacheParameters": recorded.cache_parameters,
        "DescribeEvents": recorded.CACHE_EVENTS,
        "DescribePendingMaintenanceActions": recorded.MAINTENANCE,
        "DownloadDBLogFilePortion": recorded.LOG_TAIL,
    }
    async with serving(answers, upstream=member.where["aws_endpoint"]) as server:
        aws = opened(Settings(region="eu-west-1", endpoint_url=server.url, cache_cluster=CACHE))
        caches, groups = await aws.caches.first(), await aws.cache_parameters.first()
        (cluster,), (group,), (parameters,) = caches.clusters, caches.groups, groups
        assert caches.changing and cluster.pending == ("CacheNodeType cache.m7g.large",)
        assert (cluster.parameter_status, cluster.reboot_nodes) == ("pending-reboot", ("0001",))
        assert (cluster.nodes[0].zone, cluster.nodes[0].port) == ("eu-west-1a", 6379)
        assert group.shards[0].members == ((f"{CACHE}-001", "primary", "eu-west-1a"),)
        assert [(p.name, p.apply_type, p.allowed) for p in parameters.parameters] == [
            ("maxclients", "static", "1-65000"),
            ("timeout", "dynamic", "1-65000"),
        ]
        assert [event.message.split()[0] for event in await aws.cache_events.first()] == ["Finished", "Recovering"]
        databases = await aws.databases.first()
        assert databases.gaps == ()
        assert [(each.subject, each.action) for each in databases.maintenance] == [(CLUSTER, "system-update")]
        tail = await aws.log_tail(f"{CLUSTER}-db", "error/postgresql.log")
        assert tail == ("first line", "FATAL:  sorry, too many clients already")


async def test_checks_judge_the_estate_and_leave_nothing_open(account: Connect) -> None:
    aws = account()
    found = {check.id: await run_check(check) for check in aws.checks}
    assert set(found) == {"D01", "D07", "R01", "E08", "E10"}
    verdicts = {row: {finding.verdict for finding in findings} for row, findings in found.items()}
    assert all(verdicts[row] == {Verdict.PASS} for row in ("D01", "D07", "R01", "E08", "E10")), found
    assert {finding.subject for finding in found["E08"]} == {f"db-instance/{CLUSTER}-2"}
