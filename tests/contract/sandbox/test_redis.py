"""The cache of the estate: who may do what, what the bridge does with it, and that nothing of it stays."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import AuthenticationError, NoPermissionError
from redis.exceptions import ConnectionError as RedisConnectionError

from providers.core.errors import Unreachable
from sandbox.certificate import issue
from sandbox.owner import started_at
from sandbox.programs import REDIS, given
from sandbox.redis import server as module
from sandbox.redis.server import Cache, start
from sandbox.redis.workload import CLIENTS
from tests.contract.sandbox.member_config import grounds_of, loaded

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def cache(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Cache]:
    server = await start(grounds_of(tmp_path_factory.mktemp("estate"), "redis"))
    yield server
    await server.stop()


async def _do(cache: Cache, user: str, *command: str) -> Any:
    async with Redis.from_url(cache.url(user), decode_responses=True) as client:
        return await client.execute_command(*command)


async def test_it_is_seeded(cache: Cache) -> None:
    assert await _do(cache, "oncall", "DBSIZE") > 3000
    info = await _do(cache, "oncall", "INFO", "server")
    assert str(info.get("valkey_version", "")).startswith("9")


@pytest.mark.parametrize(
    ("user", "command", "allowed"),
    [
        ("oncall", "INFO memory", True),
        ("oncall", "CLIENT LIST", True),
        ("oncall", "SLOWLOG GET 5", True),
        ("oncall", "LATENCY LATEST", True),
        ("oncall", "MEMORY USAGE orderbook:BTC-ETH", True),
        ("oncall", "CONFIG GET maxclients", True),
        ("oncall", "SCAN 0 COUNT 10", True),
        ("oncall", "CONFIG SET maxclients 10", False),
        ("oncall", "SHUTDOWN", False),
        ("oncall", "FLUSHALL", False),
        ("viewer", "INFO memory", True),
        ("viewer", "GET session:1", True),
        ("viewer", "SLOWLOG GET 5", True),
        ("viewer", "SET session:1 x", False),
        ("viewer", "FLUSHDB", False),
        ("fusion_app", "SET test:1 x EX 1", True),
        ("fusion_app", "FLUSHDB", False),
        ("nobody", "PING", True),
        ("nobody", "GET session:1", False),
    ],
)
async def test_rights(cache: Cache, user: str, command: str, allowed: bool) -> None:
    if allowed:
        await _do(cache, user, *command.split())
        return
    with pytest.raises(NoPermissionError):
        await _do(cache, user, *command.split())


async def test_an_on_call_engineer_may_empty_a_database_of_their_own(cache: Cache) -> None:
    async with Redis.from_url(cache.url("oncall").removesuffix("0") + "5") as client:
        await client.set("a", "b")
        await client.flushdb(asynchronous=True)
        assert await client.dbsize() == 0


async def test_the_default_user_is_off(cache: Cache) -> None:
    with pytest.raises(AuthenticationError):
        async with Redis(host="127.0.0.1", port=cache.port, retry=Retry(NoBackoff(), 0)) as client:
            await client.ping()


async def test_the_workload_hits_and_misses_and_is_bounded(cache: Cache) -> None:
    async with asyncio.timeout(20):
        while True:
            stats = await _do(cache, "oncall", "INFO", "stats")
            if stats["keyspace_hits"] > 5 and stats["keyspace_misses"] > 0:
                break
    async with Redis.from_url(cache.url("oncall"), decode_responses=True) as client:
        clients = await client.client_list()
    names = [client["name"] for client in clients if client["name"].startswith("fusion-bitcoin-")]
    assert sorted(names) == sorted(name for name, _ in CLIENTS)


async def test_its_section_is_a_configuration(cache: Cache, tmp_path: Path) -> None:
    found = loaded(tmp_path, cache.section).redis
    assert found is not None
    assert found.url == f"rediss://127.0.0.1:{cache.front.port}/0"
    assert found.secure
    assert found.ca_file == str(cache.authority)


async def test_tls_is_verified(cache: Cache, tmp_path: Path) -> None:
    async with Redis.from_url(cache.secure("nobody"), ssl_ca_certs=str(cache.authority)) as client:
        assert await client.ping()
    other = issue(tmp_path).authority
    with pytest.raises(RedisConnectionError, match="certificate verify failed"):
        async with Redis.from_url(cache.secure("nobody"), ssl_ca_certs=str(other)) as client:
            await client.ping()


async def test_another_server_can_stand_in(tmp_path: Path) -> None:
    program = given(REDIS)
    if program is None:
        pytest.skip(f"{REDIS} names no other server")
    server = await start(grounds_of(tmp_path, "redis"), program)
    try:
        info = await _do(server, "oncall", "INFO", "server")
        assert "valkey_version" not in info
        assert await _do(server, "oncall", "DBSIZE") > 3000
    finally:
        await server.stop()


async def test_nothing_stays(tmp_path: Path) -> None:
    server = await start(grounds_of(tmp_path, "redis"))
    born = started_at(server.child.pid)
    assert born
    await server.stop()
    await server.stop()
    assert started_at(server.child.pid) != born


async def test_one_that_does_not_start_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "package", lambda name: tmp_path)
    with pytest.raises(Unreachable, match="holds no server"):
        await start(grounds_of(tmp_path, "redis"))
