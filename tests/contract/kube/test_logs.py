"""What a reader gets is what the containers wrote: every line, once, whatever happens in between."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from contextlib import aclosing
from typing import Any

import pytest

from providers.core.errors import NotFound
from providers.kube.logs import LogSource, LogTarget
from providers.kube.provider import Kube
from providers.logs.line import Line
from providers.logs.screening import Screening
from sandbox.cluster.access import Rule
from sandbox.cluster.api_faults import API_FAULTS
from sandbox.cluster.cluster import Cluster
from sandbox.cluster.nodes import WORKLOAD_FAULTS
from sandbox.cluster.nodes.kubelet.logring import LogRing
from tests.contract.kube.reader import reading

NS, RELAYER, RESOLVER = "fusion-bitcoin", "fusion-bitcoin-relayer", "fusion-bitcoin-resolver"
FAULTS = {fault.name: fault for fault in (*API_FAULTS, *WORKLOAD_FAULTS)}
Connect = Callable[[str], Kube]


class Written:
    """Every line that any container writes from now on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.texts: list[bytes] = []
        append = LogRing._append

        def noted(ring: LogRing, text: bytes, stream: str, at: int | None) -> None:
            append(ring, text, stream, at)
            self.texts.append(text)

        monkeypatch.setattr(LogRing, "_append", noted)

    @property
    def count(self) -> int:
        return len(self.texts)

    def of(self, service: str, start: int = 0) -> Counter[bytes]:
        mark = f'"service":"{service}"'.encode()
        return Counter(text for text in self.texts[start:] if mark in text)


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Written:
    return Written(monkeypatch)


def _roll(cluster: Cluster, version: str) -> None:
    def change(deployment: dict[str, Any]) -> None:
        deployment["spec"]["template"]["spec"]["containers"][0]["image"] = (
            f"registry.example/fusion-bitcoin/relayer:{version}"
        )

    cluster.store.modify("deployments.apps", NS, RELAYER, change)


def _rolled(cluster: Cluster) -> bool:
    deployment = cluster.store.get("deployments.apps", NS, RELAYER)
    status, wanted = deployment["status"], deployment["spec"]["replicas"]
    seen = status.get("observedGeneration") == deployment["metadata"]["generation"]
    pods = [p for p in cluster.store.list("pods", NS) if p["metadata"]["labels"].get("app") == RELAYER]
    return seen and status.get("updatedReplicas") == status.get("availableReplicas") == wanted == len(pods)


async def test_two_rollouts_and_api_restarts_lose_nothing(cluster: Cluster, connect: Connect, written: Written) -> None:
    kube = connect("viewer")
    async with reading(kube, LogTarget(NS, selector=f"app={RELAYER}", tail=0)) as reader:
        await reader.until(lambda: reader.states()["live"] == 3)
        start = written.count
        for over, version in ((3, "1.1.0"), (6, "1.2.0")):
            _roll(cluster, version)
            await reader.until(lambda: _rolled(cluster))
            await reader.until(lambda over=over: reader.states() == Counter(live=3, ended=over))
            port = cluster.port
            await cluster.hang_up()
            await reader.until(lambda: reader.states()["reconnecting"])
            await cluster.listen(port)
            await reader.until(lambda: reader.states()["live"] == 3)
        wanted = written.of("relayer", start)
        await reader.until(lambda: not wanted - reader.texts())
        assert not reader.texts() - written.of("relayer"), "a line that nobody wrote, or one that came twice"
    assert wanted.total() > 30
    assert reader.state.repeats > 0
    assert (reader.state.dropped, reader.state.shortened, reader.state.gaps) == (0, 0, 0)


async def _restarted(kube: Kube) -> tuple[str, int]:
    """A resolver pod that has restarted already, and how often."""
    async with asyncio.timeout(40), aclosing(kube.pods.readings()) as readings:
        async for seen in readings:
            for pod in seen.value or ():
                if pod.labels.get("app") == RESOLVER and pod.restarts:
                    return pod.name, pod.restarts
    raise AssertionError("the feed ended")


async def test_a_container_that_restarts_is_read_on(cluster: Cluster, connect: Connect, written: Written) -> None:
    kube = connect("viewer")
    await FAULTS["oom"].inject(cluster.runtime)
    pod, restarts = await _restarted(kube)
    async with reading(kube, LogTarget(NS, pod=pod, container="resolver", tail=1)) as reader:
        await reader.until(lambda: reader.lines)

        def risen() -> int:
            found = next((p for p in kube.pods.latest.value or () if p.name == pod), None)
            return found.restarts - restarts if found else 0

        await reader.until(lambda: risen() >= 2, 60)
        mark = reader.lines[-1].stamp
        await reader.until(lambda: reader.lines[-1].stamp > mark, 60)
    keys = [(line.stamp, line.text) for line in reader.lines]
    assert len(set(keys)) == len(keys)
    assert [stamp for stamp, _ in keys] == sorted(stamp for stamp, _ in keys)
    assert reader.state.gaps == 0


async def test_include_and_exclude_are_decided_before_lines_take_room(cluster: Cluster, connect: Connect) -> None:
    screening = Screening.parse(['"level":"(warn|error)"'], ["price"])
    target = LogTarget(NS, selector=f"app in ({RELAYER},{RESOLVER})", tail=400, follow=False)
    kube = connect("viewer")
    async with reading(kube, target, screening) as reader:
        await reader.until(lambda: reader.states()["ended"] == len(reader.state.streams) > 0)
    assert reader.lines and reader.state.received == len(reader.lines) + reader.state.screened
    assert all(b'"level":"warn"' in one.text or b'"level":"error"' in one.text for one in reader.lines)
    assert not [one for one in reader.lines if b"price" in one.text]


async def test_who_may_not_read_logs_is_told_which_right_is_missing(cluster: Cluster, connect: Connect) -> None:
    cluster.policy.withdraw("viewer", Rule(("get",), ("",), ("pods/log",), NS))
    async with reading(connect("viewer"), LogTarget(NS, selector=f"app={RELAYER}", tail=1)) as reader:
        await reader.until(lambda: reader.states()["denied"] == 3)
    assert all("get pods/log" in stream.detail for stream in reader.state.streams)
    assert reader.lines == []


async def test_a_pod_that_is_not_there_is_said_so(connect: Connect) -> None:
    kube = connect("viewer")
    with pytest.raises(NotFound, match="there is no pod nobody"):
        async for _ in LogSource(kube.client, kube.pods, LogTarget(NS, pod="nobody")).batches():
            pass


async def test_a_flood_is_dropped_from_the_flooding_pod_and_counted(
    cluster: Cluster, connect: Connect, written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("providers.kube.logs.WAITING", 500)
    kube = connect("viewer")
    source = LogSource(kube.client, kube.pods, LogTarget(NS, selector=f"app={RELAYER}", tail=None, follow=False))
    lines: list[Line] = []
    async with aclosing(source.batches()) as batches:
        async for batch in batches:
            lines += batch.lines
            state = batch.state
    assert state.received == len(lines) + state.dropped


async def test_a_slow_reader_that_wants_all_slows_the_streams_down(
    cluster: Cluster, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("providers.kube.logs.WAITING", 50)
    kube = connect("viewer")
    target = LogTarget(NS, selector=f"app={RELAYER}", tail=300, follow=False)
    got = 0
    async with aclosing(LogSource(kube.client, kube.pods, target, lossless=True).batches()) as batches:
        async for batch in batches:
            got += len(batch.lines)
            state = batch.state
    assert got > 300
    assert (state.dropped, state.received) == (0, got)


async def test_leaving_closes_every_stream(cluster: Cluster, connect: Connect) -> None:
    kube = connect("viewer")
    await kube.pods.first()
    before = asyncio.all_tasks()
    for _ in range(10):
        async with reading(kube, LogTarget(NS, selector=f"app={RELAYER}", tail=1)) as reader:
            await reader.until(lambda: reader.states()["live"] == 3)
    left = {task.get_name() for task in asyncio.all_tasks() - before if task.get_name().startswith("log ")}
    assert left == set()


async def test_the_log_before_the_last_restart(cluster: Cluster, connect: Connect) -> None:
    kube = connect("viewer")
    await FAULTS["oom"].inject(cluster.runtime)
    pod, _ = await _restarted(kube)
    async with reading(kube, LogTarget(NS, pod=pod, container="resolver", previous=True)) as reader:
        await reader.until(lambda: reader.states()["ended"] == 1 and reader.lines)
    started = min(line.stamp for line in reader.lines)
    async with reading(kube, LogTarget(NS, pod=pod, container="resolver", tail=1)) as now:
        await now.until(lambda: now.lines)
    assert started < now.lines[0].stamp


async def test_a_container_that_never_restarted_has_no_log_before(cluster: Cluster, connect: Connect) -> None:
    kube = connect("viewer")
    pod = next(p.name for p in await kube.pods.first() if p.labels.get("app") == RELAYER)
    async with reading(kube, LogTarget(NS, pod=pod, previous=True)) as reader:
        await reader.until(lambda: reader.states()["waiting"] == 1)
    assert "previous terminated container" in reader.state.streams[0].detail
