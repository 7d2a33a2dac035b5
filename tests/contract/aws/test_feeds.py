"""What every feed promises: it opens, yields the estate, says what is missing, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import threading

import pytest

from providers.core.config import Aws as Settings
from tests.contract.aws.conftest import Connect

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
