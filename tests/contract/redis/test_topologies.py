"""A Sentinel leads to its master, a cluster shows its nodes, a replica says whom it follows."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from providers.core.check import Verdict, run_check
from providers.core.config import Redis as Settings
from providers.core.errors import Invalid
from providers.redis.flush import FlushCache
from sandbox.ports import free_port
from tests.contract.redis.conftest import Connect
from tests.contract.redis.servers import FLAVOURS, Server, server, until

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=FLAVOURS)
async def pair(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[list[Server]]:
    """A master and its replica."""
    home = tmp_path_factory.mktemp("pair")
    async with AsyncExitStack() as stack:
        master = await stack.enter_async_context(server(home / "m", request.param, repl_diskless_sync_delay="0"))
        replica = await stack.enter_async_context(
            server(
                home / "r", request.param, replicaof=f"127.0.0.1 {master.port}", masteruser="oncall",
                masterauth="oncall-word",
            )
        )  # fmt: skip
        await until(lambda: _follow(master, replica))
        yield [master, replica]


async def _follow(master: Server, replica: Server) -> bool:
    ours, theirs = await master.do("INFO", "replication"), await replica.do("INFO", "replication")
    return ours.get("slave0", {}).get("state") == "online" and theirs["master_link_status"] == "up"


def _sentinel(pair: list[Server], *names: str) -> dict[str, str]:
    """Settings of a Sentinel that watches the master by these names."""
    return {f"sentinel monitor {name}": f"127.0.0.1 {pair[0].port} 1" for name in names}


async def test_a_master_tells_of_its_replica_and_back(pair: list[Server], connect: Connect) -> None:
    master = (await connect(pair[0].settings()).overview.first()).vitals.replication
    assert (master.role, len(master.replicas), master.replicas[0].state) == ("master", 1, "online")
    replica = (await connect(pair[1].settings()).overview.first()).vitals.replication
    assert (replica.role, replica.link, replica.master) == ("replica", "up", f"127.0.0.1:{pair[0].port}")


async def test_a_replica_is_not_emptied(pair: list[Server], connect: Connect) -> None:
    await pair[0].do("SET", "a", "b")
    await until(lambda: pair[1].do("DBSIZE"))
    redis = connect(pair[1].settings())
    plan = await FlushCache(redis).plan(FlushCache(redis).target, {})
    assert plan.blockers == (f"it is a replica of 127.0.0.1:{pair[0].port}: go to the master",)


@pytest.mark.parametrize("locked", [False, True])
async def test_a_sentinel_leads_to_its_master(
    pair: list[Server], tmp_path: Path, connect: Connect, locked: bool
) -> None:
    """With a login of its own, or none."""
    users = "user default off\nuser oncall on >oncall-word ~* &* +@all\n" if locked else ""
    flavour = "valkey" if "valkey" in str(await pair[0].do("INFO", "server")) else "redis"
    async with server(tmp_path / "s", flavour, users, ("--sentinel",), **_sentinel(pair, "fusion")) as sentinel:
        await pair[0].do("SET", "a", "b")
        redis = connect(sentinel.settings())
        overview = await redis.overview.first()
        assert overview.address == f"127.0.0.1:{pair[0].port}"
        assert (overview.vitals.server.mode, overview.vitals.replication.role) == ("standalone", "master")
        plan = await FlushCache(redis).plan(FlushCache(redis).target, {})
        assert plan.blockers == ()
        assert f"on 127.0.0.1:{pair[0].port}" in plan.title
        assert f"-p {pair[0].port} " in plan.equivalent


async def test_a_sentinel_of_several_masters_has_to_be_told_which(
    pair: list[Server], tmp_path: Path, connect: Connect
) -> None:
    async with server(tmp_path / "s", users="", extra=("--sentinel",), **_sentinel(pair, "one", "two")) as sentinel:
        with pytest.raises(Invalid, match=r"(one, two|two, one)"):
            await connect(sentinel.settings()).client.ask("PING")


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=FLAVOURS)
async def cluster(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[list[Server]]:
    """Two masters with half of the slots each."""
    home = tmp_path_factory.mktemp("cluster")
    async with AsyncExitStack() as stack:
        buses = [free_port() for _ in range(2)]
        nodes = [
            await stack.enter_async_context(
                server(
                    home / str(n), request.param, cluster_enabled="yes", cluster_port=str(buses[n]), maxmemory="10mb"
                )
            )
            for n in range(2)
        ]
        await nodes[0].do("CLUSTER", "ADDSLOTSRANGE", 0, 8191)
        await nodes[1].do("CLUSTER", "ADDSLOTSRANGE", 8192, 16383)
        await nodes[0].do("CLUSTER", "MEET", "127.0.0.1", nodes[1].port, buses[1])
        await until(lambda: _whole(nodes))
        yield nodes


async def _whole(nodes: list[Server]) -> bool:
    said: list[Any] = [await node.do("CLUSTER", "INFO") for node in nodes]
    return all("'ok'" in str(s) or "cluster_state:ok" in str(s) for s in said)


async def test_a_cluster_shows_every_node_and_is_judged_by_each(cluster: list[Server], connect: Connect) -> None:
    redis = connect(cluster[0].settings())
    overview = await redis.overview.first()
    assert overview.vitals.server.mode == "cluster"
    assert {node.address for node in overview.nodes} == {f"127.0.0.1:{node.port}" for node in cluster}
    assert [node.slots for node in overview.nodes] == [8192, 8192]
    assert all(node.vitals and node.vitals.memory.maximum == 10 * 1024 * 1024 for node in overview.nodes)
    findings = [f for check in redis.checks if check.id == "R03" for f in await run_check(check)]
    assert {f"redis/127.0.0.1:{node.port}" for node in cluster} <= {f.subject for f in findings}
    assert all(f.verdict is not Verdict.UNKNOWN for f in findings)


async def test_a_cluster_is_not_emptied_by_halves(cluster: list[Server], connect: Connect) -> None:
    redis = connect(cluster[0].settings())
    plan = await FlushCache(redis).plan(FlushCache(redis).target, {})
    assert "would empty its own slots only" in plan.blockers[0]
    await redis.overview.first()
    assert "would empty its own slots only" in FlushCache(redis).hindrance(plan.target)


async def test_a_node_that_is_down_has_its_reason_in_its_place(cluster: list[Server], connect: Connect) -> None:
    redis = connect(cluster[0].settings())
    await redis.overview.first()
    await cluster[1].stop()
    try:
        nodes = {node.address: node for node in (await redis._watch.read()).nodes}
        gone = nodes[f"127.0.0.1:{cluster[1].port}"]
        assert gone.vitals is None
        assert gone.trouble
        assert nodes[f"127.0.0.1:{cluster[0].port}"].vitals is not None
    finally:
        await cluster[1].start()
        await until(lambda: _whole(cluster))


async def test_an_ordinary_server_may_be_named_without_a_password(tmp_path: Path, connect: Connect) -> None:
    async with server(tmp_path / "s", users="") as made:
        redis = connect(Settings(url=f"redis://127.0.0.1:{made.port}"))
        assert (await redis.light.first()).identity == "default"
