"""Snapshots and restores end to end, through the gate."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from providers.aws.create_instance import CreateInstance
from providers.aws.databases import one_cluster, one_instance
from providers.aws.restore import RestoreDatabase
from providers.aws.snapshot import SnapshotDatabase
from providers.core.action import Target, Verdict
from providers.core.errors import UsageError
from sandbox.aws import Aws as Member
from tests.contract.aws.acting import run
from tests.contract.aws.conftest import Connect
from tests.contract.aws.servers import Server, serving

CLUSTER = "fusion-bitcoin-sandbox"
SOURCE = Target("db-cluster", CLUSTER)
SINGLE = Target("db-instance", f"{CLUSTER}-db")


@pytest.fixture
async def proxy(member: Member) -> AsyncIterator[Server]:
    """Counts what goes to the account."""
    async with serving(upstream=member.where["aws_endpoint"]) as server:
        yield server


@pytest.mark.parametrize(("target", "operation"), [(SOURCE, "CreateDBClusterSnapshot"), (SINGLE, "CreateDBSnapshot")])
async def test_a_snapshot_is_taken_once_and_tagged(
    account: Connect, proxy: Server, tmp_path: Path, target: Target, operation: str
) -> None:
    aws = account(endpoint_url=proxy.url)
    name = f"{target.name}-inc-42"
    action = SnapshotDatabase(aws)
    plan = await action.plan(target, {"name": name, "tags": "incident=INC-42"})
    assert plan.blockers == () and plan.inverse.startswith("aws rds delete-db-")
    proxy.lose = operation
    outcome = await run(tmp_path, plan)
    assert outcome.verdict is Verdict.DONE and "read back: it is there" in outcome.message
    assert [finding.summary for finding in outcome.findings] == ["it is available"]
    assert proxy.asked[operation] == 1
    again = await action.plan(target, {"name": name})
    assert again.blockers == (f"there is a snapshot {name} already",)
    tags = await aws.client.read(
        "rds", "ListTagsForResource", ResourceName=outcome.findings[0].evidence[0].quote.split(" · ")[0]
    )
    assert {"Key": "incident", "Value": "INC-42"} in tags["TagList"]


async def test_a_snapshot_of_a_member_is_that_of_its_cluster(account: Connect) -> None:
    plan = await SnapshotDatabase(account()).plan(Target("db-instance", f"{CLUSTER}-1"), {})
    assert plan.blockers == (f"its data is that of cluster {CLUSTER}: take a snapshot of that",)


@pytest.mark.parametrize("options", [{"name": "9lives"}, {"name": "a--b"}, {"name": "a-"}, {"tags": "aws:x=1"}])
async def test_names_and_tags_are_checked_before_anything_is_sent(account: Connect, options: dict[str, str]) -> None:
    with pytest.raises(UsageError):
        await SnapshotDatabase(account()).plan(SOURCE, options)


async def test_a_cluster_is_restored_beside_itself_and_gets_an_instance(
    account: Connect, proxy: Server, tmp_path: Path
) -> None:
    aws = account(endpoint_url=proxy.url)
    plan = await RestoreDatabase(aws).plan(SOURCE, {"to": "latest", "new_name": "Fusion-Restored"})
    assert plan.blockers == () and "--use-latest-restorable-time" in plan.equivalent
    assert any("has no instance" in line for line in plan.interrupts)
    outcome = await run(tmp_path, plan)
    assert outcome.verdict is Verdict.DONE, outcome.message
    assert outcome.findings[0].summary.endswith("create-instance makes one")
    assert proxy.asked["RestoreDBClusterToPointInTime"] == 1
    made, source = await one_cluster(aws.client, "fusion-restored"), await one_cluster(aws.client, CLUSTER)
    assert (made.subnet_group, made.parameter_group) == (source.subnet_group, source.parameter_group)
    assert source.members and source.available
    new = Target("db-cluster", "fusion-restored", identity=made.identity)
    with pytest.raises(UsageError, match="no instance whose class"):
        await CreateInstance(aws).plan(new, {"new_name": "fusion-restored-1"})
    plan = await CreateInstance(aws).plan(new, {"new_name": "fusion-restored-1", "instance_class": "db.r6g.large"})
    assert plan.title.endswith("as writer of fusion-restored")
    outcome = await run(tmp_path, plan)
    assert outcome.verdict is Verdict.DONE, outcome.message
    assert (await one_cluster(aws.client, "fusion-restored")).writer == "fusion-restored-1"
    assert proxy.asked["CreateDBInstance"] == 1


async def test_an_instance_is_restored_to_a_moment_with_the_source_s_settings(
    account: Connect, proxy: Server, tmp_path: Path
) -> None:
    aws = account(endpoint_url=proxy.url)
    to = (datetime.now(UTC) - timedelta(hours=2)).replace(microsecond=0)
    plan = await RestoreDatabase(aws).plan(SINGLE, {"to": to.isoformat(), "new_name": "db-back"})
    assert f"--restore-time {to:%Y-%m-%dT%H:%M:%SZ}" in plan.equivalent
    assert any("last 120 min" in line for line in plan.interrupts)
    outcome = await run(tmp_path, plan)
    assert outcome.verdict is Verdict.DONE, outcome.message
    made, source = await one_instance(aws.client, "db-back"), await one_instance(aws.client, SINGLE.name)
    assert (made.instance_class, made.security_groups) == (source.instance_class, source.security_groups)
    assert made.identity != source.identity and proxy.asked["RestoreDBInstanceToPointInTime"] == 1


@pytest.mark.parametrize(
    ("target", "options", "said"),
    [
        (SOURCE, {"to": "latest", "new_name": CLUSTER}, "never restored over"),
        (SOURCE, {"to": "latest", "new_name": CLUSTER.upper()}, "never restored over"),
        (SOURCE, {"to": "latest", "new_name": ""}, "no identifier"),
        (SOURCE, {"to": "2020-01-01T00:00:00Z", "new_name": "x"}, "outside the restorable window"),
        (SOURCE, {"to": "2099-01-01T00:00:00Z", "new_name": "x"}, "outside the restorable window"),
        (SOURCE, {"to": "2026-05-04T11:00:00", "new_name": "x"}, "no time zone"),
        (SOURCE, {"to": "yesterday", "new_name": "x"}, "is no time"),
        (Target("db-instance", f"{CLUSTER}-1"), {"to": "latest", "new_name": "x"}, "is that of cluster"),
    ],
    ids=["itself", "itself-in-capitals", "nothing", "before", "after", "zone", "words", "member"],
)
async def test_restores_that_make_no_sense_are_named(
    account: Connect, target: Target, options: dict[str, str], said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        await RestoreDatabase(account()).plan(target, options)


async def test_a_name_that_is_taken_blocks_a_restore(account: Connect) -> None:
    plan = await RestoreDatabase(account()).plan(SINGLE, {"to": "latest", "new_name": f"{CLUSTER}-1"})
    assert plan.blockers == (f"there is a database {CLUSTER}-1 already",)
