"""Parameters end to end: old value, what is allowed, when it takes effect, and the way back."""

from __future__ import annotations

from pathlib import Path

import pytest

from providers.aws.set_parameter import SetCacheParameter, SetDbParameter
from providers.core.action import Target, Verdict
from providers.core.config import Aws as Settings
from providers.core.errors import UsageError
from sandbox.aws import Aws as Member
from tests.contract.aws import recorded
from tests.contract.aws.acting import run
from tests.contract.aws.conftest import Connect
from tests.contract.aws.servers import serving

CLUSTER = "fusion-bitcoin-sandbox"
SINGLE = Target("db-instance", f"{CLUSTER}-db")


async def test_a_cluster_s_parameter_is_set_once_and_can_be_taken_back(
    account: Connect, member: Member, tmp_path: Path
) -> None:
    async with serving(upstream=member.where["aws_endpoint"], lose="ModifyDBClusterParameterGroup") as server:
        aws = account(endpoint_url=server.url)
        target = Target("db-cluster", CLUSTER)
        plan = await SetDbParameter(aws).plan(target, {"name": "max_connections", "value": "500"})
        assert [(change.before, change.after) for change in plan.diff] == [("400", "500")]
        assert f"{CLUSTER}-1 (in-sync), {CLUSTER}-2 (in-sync)" in plan.interrupts[0]
        assert '"ParameterValue":"400"' in plan.inverse
        outcome = await run(tmp_path, plan)
        assert outcome.verdict is Verdict.DONE and "read back: it is there" in outcome.message
        assert server.asked["ModifyDBClusterParameterGroup"] == 1
        assert {finding.check for finding in outcome.findings} == {"D07"}
        same = await SetDbParameter(aws).plan(target, {"name": "max_connections", "value": "500"})
        assert same.blockers == ("max_connections is 500 already",)


async def test_a_value_that_changed_in_between_stops_it(account: Connect, member: Member, tmp_path: Path) -> None:
    async with serving(upstream=member.where["aws_endpoint"]) as server:
        aws = account(endpoint_url=server.url)
        plan = await SetDbParameter(aws).plan(SINGLE, {"name": "max_connections", "value": "300"})
        other = [{"ParameterName": "max_connections", "ParameterValue": "250", "ApplyMethod": "pending-reboot"}]
        params = {"DBParameterGroupName": SINGLE.name, "Parameters": other}
        await account().client.write("rds", "ModifyDBParameterGroup", params)
        outcome = await run(tmp_path, plan)
        assert outcome.verdict is Verdict.FAILED and "max_connections is now 250, and was 200" in outcome.message
        assert server.asked["ModifyDBParameterGroup"] == 0


@pytest.mark.parametrize(
    ("apply_type", "method", "said"),
    [("dynamic", "immediate", "at once"), ("static", "pending-reboot", "with the next reboot")],
)
async def test_when_it_takes_effect_is_said_and_sent(
    account: Connect, member: Member, apply_type: str, method: str, said: str
) -> None:
    answers = {"DescribeDBParameters": recorded.db_parameter("max_connections", "200", "6-8388607", apply_type)}
    async with serving(answers, upstream=member.where["aws_endpoint"]) as server:
        aws = account(endpoint_url=server.url)
        plan = await SetDbParameter(aws).plan(SINGLE, {"name": "max_connections", "value": "300"})
        assert f'"ApplyMethod":"{method}"' in plan.calls[0].body and any(said in line for line in plan.interrupts)
        assert plan.inverse.startswith("aws rds reset-db-parameter-group")
        for value in ("5", "many"):
            with pytest.raises(UsageError):
                await SetDbParameter(aws).plan(SINGLE, {"name": "max_connections", "value": value})
        with pytest.raises(UsageError) as caught:
            await SetDbParameter(aws).plan(SINGLE, {"name": "max_connection", "value": "300"})
        assert caught.value.fix == "did you mean: max_connections"


async def test_a_group_of_the_engine_s_cannot_be_changed(account: Connect, member: Member) -> None:
    answers = {"DescribeDBParameters": recorded.db_parameter("work_mem", "4096", "64-2147483647", "dynamic", False)}
    async with serving(answers, upstream=member.where["aws_endpoint"]) as server:
        target = Target("db-instance", f"{CLUSTER}-1")
        plan = await SetDbParameter(account(endpoint_url=server.url)).plan(
            target, {"name": "work_mem", "value": "8192"}
        )
    assert [line.split(":")[0] for line in plan.blockers] == [
        "default.aurora-postgresql16 comes with the engine and cannot be changed",
        "work_mem cannot be changed",
    ]


@pytest.mark.usefixtures("keys")
async def test_a_cache_s_parameter_is_set_once(opened: Connect, tmp_path: Path) -> None:
    group = recorded.CacheGroup()
    answers = {
        "DescribeCacheClusters": recorded.CACHE_CLUSTERS,
        "DescribeReplicationGroups": recorded.REPLICATION_GROUPS,
        "DescribeCacheParameters": group.describe,
        "ModifyCacheParameterGroup": group.modify,
    }
    async with serving(answers, lose="ModifyCacheParameterGroup") as server:
        aws = opened(Settings(region="eu-west-1", endpoint_url=server.url))
        target = Target("cache-cluster", f"{recorded.CACHE}-001")
        plan = await SetCacheParameter(aws).plan(target, {"name": "timeout", "value": "60"})
        assert plan.blockers == () and "modify-cache-parameter-group" in plan.equivalent
        outcome = await run(tmp_path, plan)
        assert outcome.verdict is Verdict.DONE, outcome.message
        assert group.timeout == "60" and server.asked["ModifyCacheParameterGroup"] == 1
        assert [finding.check for finding in outcome.findings] == ["R07"]
