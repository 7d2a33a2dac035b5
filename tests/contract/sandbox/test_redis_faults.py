"""What can be wrong with the cache: really so after inject, and over after heal."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import pytest_asyncio
from redis.exceptions import ConnectionError as NoConnection
from redis.exceptions import OutOfMemoryError

from providers.core.errors import UsageError
from sandbox.programs import REDIS, given
from sandbox.redis.faults import CACHE_FAULTS
from sandbox.redis.process import client_of
from sandbox.redis.server import Cache, start
from tests.contract.sandbox.member_config import grounds_of

pytestmark = pytest.mark.asyncio(loop_scope="module")
FAULTS = {fault.name: fault for fault in CACHE_FAULTS}


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=list(dict.fromkeys((None, given(REDIS)))))
async def cache(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> AsyncIterator[Cache]:
    """The packaged server, and another where one is named."""
    server = await start(grounds_of(tmp_path_factory.mktemp("estate"), "redis"), request.param)
    yield server
    await server.stop()


@asynccontextmanager
async def broken(cache: Cache, name: str) -> AsyncIterator[None]:
    """Both may be called twice."""
    for _ in range(2):
        await FAULTS[name].inject(cache)
    try:
        yield
    finally:
        for _ in range(2):
            await FAULTS[name].heal(cache)


async def do(cache: Cache, user: str, *command: str) -> Any:
    async with client_of(cache.url(user), "test") as client:
        return await client.execute_command(*command)


async def test_writes_are_refused_and_reads_are_not(cache: Cache) -> None:
    async with broken(cache, "redis-memory-pressure"):
        with pytest.raises(OutOfMemoryError):
            await do(cache, "fusion_app", "SET", "a", "b", "EX", "1")
        assert await do(cache, "oncall", "ZCARD", "orderbook:BTC-ETH") == 20_000
        memory = await do(cache, "oncall", "INFO", "memory")
        assert memory["maxmemory"] < memory["used_memory"] and memory["maxmemory_policy"] == "noeviction"
    assert await do(cache, "fusion_app", "SET", "a", "b", "EX", "1")
    assert (await do(cache, "oncall", "INFO", "memory"))["maxmemory"] == 64 * 2**20


async def test_nobody_gets_in_but_who_is_in(cache: Cache) -> None:
    async with client_of(cache.url("oncall"), "test") as client:
        await client.ping()
        async with broken(cache, "redis-maxclients"):
            with pytest.raises(NoConnection, match="max number of clients"):
                await do(cache, "oncall", "PING")
            listed = await client.client_list()
            assert sum(each["name"] == "fusion-bitcoin-resolver" for each in listed) > 150
            await FAULTS["redis-memory-pressure"].inject(cache)
            await FAULTS["redis-memory-pressure"].heal(cache)
    assert await do(cache, "oncall", "PING")


async def test_a_script_is_in_the_slow_log_again_and_again(cache: Cache) -> None:
    async with client_of(cache.url("oncall"), "test") as client:
        async with broken(cache, "redis-slow"):
            first = await _newest_eval(client)
            async with asyncio.timeout(10):
                while await _newest_eval(client) == first:
                    pass
            latest: Any = await client.latency_latest()
            assert any(event[0] == b"command" and event[3] > 0 for event in latest)
        # The server notices a closed connection when it comes to it.
        async with asyncio.timeout(10):
            while any(each["cmd"] == "eval" for each in await client.client_list()):
                pass


async def _newest_eval(client: Any) -> int:
    entries = await client.slowlog_get(128)
    return max((entry["id"] for entry in entries if entry["command"].startswith(b"EVAL")), default=-1)


async def test_the_server_is_down_and_comes_back_full(cache: Cache) -> None:
    port, front = cache.port, cache.front.port
    async with broken(cache, "redis-down"):
        with pytest.raises(NoConnection, match="Connect call failed"):
            await do(cache, "oncall", "PING")
        with pytest.raises(OSError):
            await asyncio.open_connection("127.0.0.1", front)
        with pytest.raises(UsageError, match="cache is down"):
            await FAULTS["redis-memory-pressure"].inject(cache)
        await FAULTS["redis-memory-pressure"].heal(cache)
    assert (cache.port, cache.front.port) == (port, front)
    assert await do(cache, "oncall", "DBSIZE") > 3000
