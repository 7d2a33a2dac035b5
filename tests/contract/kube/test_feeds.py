"""What every feed promises: it opens, yields, survives a cut, says denied, and leaves nothing behind."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from typing import Any

import pytest

from providers.core.errors import BackendError
from providers.core.feed import Feed, Reading
from providers.kube.provider import Kube
from sandbox.cluster.api_faults import API_FAULTS
from sandbox.cluster.cluster import Cluster

FAULTS = {fault.name: fault for fault in API_FAULTS}
FEEDS = ("pods", "deployments", "replicasets", "events", "services", "endpoints", "budgets", "system_pods", "usage",
         "workloads", "exposed")  # fmt: skip


async def until(feed: Feed[Any], good: Callable[[Reading[Any]], bool], seconds: float = 15.0) -> Reading[Any]:
    """The first reading that is good."""
    async with asyncio.timeout(seconds), aclosing(feed.readings()) as readings:
        async for reading in readings:
            if good(reading):
                return reading
    raise AssertionError("the feed ended")


async def test_every_feed_yields(connect: Callable[[str], Kube]) -> None:
    kube = connect("viewer")
    for name in FEEDS:
        assert await kube.feeds[name].first(), name
    light = await kube.light.first()
    assert light.identity == "viewer"
    assert light.version.startswith("v1.32")


async def test_a_forbidden_feed_names_the_right(connect: Callable[[str], Kube]) -> None:
    with pytest.raises(BackendError) as caught:
        await connect("nobody").pods.first()
    assert 'cannot list resource "pods"' in str(caught.value)
    assert "list pods in fusion-bitcoin" in caught.value.fix


async def test_a_change_arrives_by_itself(connect: Callable[[str], Kube], cluster: Cluster) -> None:
    kube = connect("viewer")
    deployments = {d.name: d for d in await kube.deployments.first()}
    before = deployments["fusion-bitcoin-frontend"].desired
    end = kube.deployments.subscribe(lambda: None)
    cluster.store.modify(
        "deployments.apps", "fusion-bitcoin", "fusion-bitcoin-frontend", lambda d: d["spec"].update(replicas=before + 1)
    )
    await until(kube.deployments, lambda r: any(d.desired == before + 1 for d in r.value or ()))
    end()


async def test_a_dead_cluster_keeps_the_last_rows_and_comes_back(
    connect: Callable[[str], Kube], cluster: Cluster
) -> None:
    kube = connect("viewer")
    rows = await kube.pods.first()
    end = kube.pods.subscribe(lambda: None)
    await FAULTS["api-down"].inject(cluster)
    reading = await until(kube.pods, lambda r: r.fault is not None)
    assert reading.state == "down"
    assert {p.uid for p in reading.value} == {p.uid for p in rows}
    again = await until(kube.pods, lambda r: r.fault is not None and r is not reading)
    assert again.seen == reading.seen, "what was known before the cut must not become younger by trying again"
    await FAULTS["api-down"].heal(cluster)
    assert (await until(kube.pods, lambda r: r.fault is None)).value
    end()


async def test_an_expired_watch_lists_again(connect: Callable[[str], Kube], cluster: Cluster) -> None:
    kube = connect("viewer")
    await kube.pods.first()
    end = kube.pods.subscribe(lambda: None)
    await FAULTS["watch-expired"].inject(cluster)
    cluster.store.delete("pods", "fusion-bitcoin", kube.pods.latest.value[0].name, grace=0)  # type: ignore[index]
    expected = {p["metadata"]["name"] for p in cluster.store.list("pods", "fusion-bitcoin")}

    def same(reading: Reading[Any]) -> bool:
        now = {p["metadata"]["name"] for p in cluster.store.list("pods", "fusion-bitcoin")}
        return reading.fault is None and {p.name for p in reading.value} == now

    assert expected
    await until(kube.pods, same)
    end()


async def test_an_expired_token_says_login(connect: Callable[[str], Kube], cluster: Cluster) -> None:
    kube = connect("viewer")
    await kube.pods.first()
    await FAULTS["token-expired"].inject(cluster)
    reading = await until(kube.light, lambda r: r.fault is not None)
    assert reading.state == "login"


async def test_a_token_file_is_read_again(connect: Callable[[str], Kube], cluster: Cluster) -> None:
    kube = connect("viewer-file")
    await kube.light.first()
    await FAULTS["token-expired"].inject(cluster)
    assert await kube.client.get("/api/v1/namespaces/fusion-bitcoin/pods", {"limit": 1})


async def test_closing_leaves_no_task(cluster: Cluster, connect: Callable[[str], Kube]) -> None:
    kube = connect("viewer")
    before = asyncio.all_tasks()
    for name in FEEDS:
        await kube.feeds[name].first()
    await kube.__aexit__(None, None, None)
    left = {t for t in asyncio.all_tasks() - before if "feed" in t.get_name() or "watch" in t.get_name()}
    assert left == set()
