"""What the feeds show of a busy cache, and that a missing right costs its own feed alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import pytest
import pytest_asyncio

from providers.core.check import Verdict, run_check
from providers.core.config import Redis as Settings
from providers.core.feed import Feed, FeedFailed
from providers.core.secret import Secret
from providers.core.secret_source import SecretSource
from providers.redis import bigkeys, overview
from providers.redis.clients import parse_client
from providers.redis.provider import Redis
from providers.redis.slowlog import read_latency
from providers.redis.trend import HISTORY
from sandbox.member import Grounds
from sandbox.redis.server import Cache, start
from tests.contract.redis.conftest import Connect
from tests.contract.redis.servers import FLAVOURS, Server, server

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture(autouse=True)
def quick_overview(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second reading comes soon."""
    monkeypatch.setattr(overview, "EVERY", 0.3)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def cache(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Cache]:
    home = tmp_path_factory.mktemp("estate")
    (home / "redis").mkdir(mode=0o700)
    started = await start(Grounds(home, home / "redis", 7))
    yield started
    # The server first: a client that just gets an answer could miss that it is to end.
    await started.child.stop()
    await started.stop()


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=FLAVOURS)
async def own(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    async with server(
        tmp_path_factory.mktemp("own") / "s",
        request.param,
        maxmemory="256mb",
        slowlog_log_slower_than="0",
        enable_debug_command="yes",
    ) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="module")
async def as_user(cache: Cache, connect: Connect) -> Any:
    def provider(user: str) -> Redis:
        password = cache.url(user).split(":")[2].partition("@")[0]
        url = f"redis://127.0.0.1:{cache.port}/0"
        return connect(Settings(url=url, username=user, password=SecretSource(literal=Secret(password))))

    return provider


async def _second(feed: Feed[Any]) -> Any:
    """The value after the first."""
    seen = []
    async with asyncio.timeout(10), aclosing(feed.readings()) as readings:
        async for reading in readings:
            assert reading.fault is None
            seen.append(reading.value)
            if len(seen) == 2:
                break
    return seen[1]


async def test_the_overview_says_what_it_is_and_what_changes(as_user: Any) -> None:
    found = await _second(as_user("oncall").overview)
    vitals = found.vitals
    assert (vitals.server.flavour, vitals.server.mode) == ("valkey", "standalone")
    assert vitals.server.version.startswith("9")
    assert len(vitals.server.run_id) == 40
    assert vitals.memory.maximum == 64 * 1024 * 1024
    assert vitals.memory.policy == "allkeys-lru"
    assert 0 < (vitals.memory.of_maximum or 0) < 1
    assert vitals.connections.maximum == 200
    assert vitals.connections.connected >= 4
    assert vitals.database(0).keys > 3000
    assert vitals.replication.role == "master"
    assert found.rates.ops > 0
    assert found.rates.hit_ratio is None or 0 < found.rates.hit_ratio <= 1
    assert 1 <= len(found.history) <= HISTORY
    assert found.history[-1].used == vitals.memory.used


async def test_clients_are_grouped_by_name_and_host(as_user: Any) -> None:
    clients = await as_user("oncall").clients.first()
    groups = {group.name: group for group in clients.groups}
    assert groups["fusion-bitcoin-relayer"].count == 1
    assert groups["fusion-bitcoin-relayer"].host == "127.0.0.1"
    assert "fusion-console" in groups
    assert clients.total == sum(group.count for group in clients.groups)
    one = next(client for client in clients.clients if client.name == "fusion-console")
    assert (one.user, one.database, one.command) == ("oncall", 0, "client list")


async def test_big_keys_are_found_and_described(as_user: Any) -> None:
    found = await as_user("oncall").bigkeys.first()
    assert [key.name for key in found.keys[:3]] == ["orderbook:BTC-ETH", "swap:archive", "relayer:nonces"]
    assert [key.type for key in found.keys[:3]] == ["zset", "hash", "set"]
    assert [key.elements for key in found.keys[:3]] == [20_000, 5_000, 3_000]
    assert found.keys[0].bytes > 1_000_000
    assert found.keys[0].ttl is None
    assert (found.share, found.passes) == (1.0, 1)


async def test_a_sweep_goes_on_where_the_last_ended(as_user: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bigkeys, "MOST_KEYS", 1000)
    sampler = bigkeys.Sampler(as_user("oncall").client)
    shares = [(await sampler.sweep()).share for _ in range(2)]
    assert 0.2 < shares[0] < shares[1] < 1.0
    while (found := await sampler.sweep()).passes == 0:
        pass
    assert found.keys[0].name == "orderbook:BTC-ETH"
    assert (await sampler.sweep()).keys[0].name == "orderbook:BTC-ETH"


async def test_a_viewer_sees_everything(as_user: Any) -> None:
    redis = as_user("viewer")
    for feed in redis.feeds.values():
        assert await feed.first() is not None
    light = await redis.light.first()
    assert (light.identity, light.version.split(".")[0]) == ("viewer", "valkey 9")


async def test_a_missing_right_costs_its_own_feed_and_is_named(as_user: Any) -> None:
    redis = as_user("nobody")
    rules = {"overview": "+info", "clients": "+client|list", "slowlog": "+slowlog|get", "latency": "+latency|latest"}
    for name, rule in rules.items():
        with pytest.raises(FeedFailed) as caught:
            await redis.feeds[name].first()
        assert caught.value.fault.kind == "denied"
        assert caught.value.fault.permission == rule
        assert caught.value.fault.fix.endswith(f"ACL SETUSER nobody {rule}")
    assert (await redis.light.first()).identity == "nobody"
    permits = {permit.right: permit.allowed for permit in await redis.permits()}
    assert permits["+ping"] is True
    assert permits["+info"] is False


async def test_checks_of_a_well_cache(as_user: Any) -> None:
    redis = as_user("oncall")
    findings = {f.subject + f.check: f for check in redis.checks for f in await run_check(check)}
    assert {f.check for f in findings.values()} == {"R02", "R03", "R05", "R06"}
    bad = [f for f in findings.values() if f.verdict in {Verdict.FAIL, Verdict.UNKNOWN}]
    assert bad == []
    hops = next(f for f in findings.values() if f.check == "R02").evidence[0].quote
    assert [hop.split(" ")[0] for hop in hops.split(", ")] == ["DNS", "connect", "AUTH", "PING"]


async def test_the_slow_log_keeps_secrets_and_values_to_itself(own: Server, connect: Connect) -> None:
    await own.do("SLOWLOG", "RESET")
    await own.do("SET", "session:1", "a-token-of-somebody")
    await own.do("ACL", "SETUSER", "someone", ">very-secret-word")
    await own.do("CONFIG", "SET", "requirepass", "very-secret-word")
    await own.do("SADD", "many", *range(100))
    log = await connect(own.settings()).slowlog.first()
    said = [entry.command for entry in log.entries]
    assert "SET session:1 (19 bytes)" in said
    assert "SADD many (100 words)" in said
    assert any(line.startswith("ACL SETUSER") for line in said)
    assert not any("secret" in line or "a-token" in line or "oncall-word" in line for line in said)
    assert log.threshold == 0.0
    assert log.entries[0].client.startswith("127.0.0.1:")


async def test_a_watchdog_that_is_off_says_how_to_switch_it_on(own: Server, connect: Connect) -> None:
    client = connect(own.settings()).client
    assert "latency-monitor-threshold 100" in (await read_latency(client)).fix
    await own.do("CONFIG", "SET", "latency-monitor-threshold", "1")
    await own.do("EVAL", "local n = 0; while n < 3e6 do n = n + 1 end", "0")
    latency = await read_latency(client)
    assert (latency.fix, latency.threshold) == ("", 0.001)
    assert latency.events[0].worst > 0
    await own.do("CONFIG", "SET", "latency-monitor-threshold", "0")


async def test_sampling_never_holds_the_server(own: Server, connect: Connect) -> None:
    """No call of a millisecond by the server's own measure, in a round that the machine's other work left alone."""
    async with own.direct as client, client.pipeline(transaction=False) as pipe:
        pipe.execute_command("DEBUG", "POPULATE", 15_000, "many", 50)
        pipe.rpush("big:list", *range(30_000))
        pipe.hset("big:hash", mapping={f"f{at}": at for at in range(100_000)})
        await pipe.execute()
    client = connect(own.settings()).client
    rounds = []
    while len(rounds) < 5 and 0 not in rounds:
        rounds.append(await _slow_calls_of_a_sweep(own, bigkeys.Sampler(client)))
    assert rounds[-1] == 0


async def _slow_calls_of_a_sweep(own: Server, sampler: bigkeys.Sampler) -> int:
    await own.do("CONFIG", "SET", "slowlog-log-slower-than", "1000")
    await own.do("SLOWLOG", "RESET")
    while (found := await sampler.sweep()).passes == 0:
        pass
    assert {"big:list", "big:hash"} <= {key.name for key in found.keys}
    entries = await own.do("SLOWLOG", "GET", 128)
    await own.do("CONFIG", "SET", "slowlog-log-slower-than", "0")
    return sum(entry[3][0] in {b"SCAN", b"MEMORY", b"TYPE", b"LLEN", b"HLEN"} for entry in entries)


async def test_looking_does_not_count_as_use(own: Server, connect: Connect) -> None:
    """Where the server offers that (Redis 7.2, Valkey): what is evicted next stays for others to decide."""
    await own.do("CONFIG", "SET", "maxmemory-policy", "allkeys-lfu")
    await own.do("CONFIG", "SET", "lfu-log-factor", "0")
    await own.do("RPUSH", "rarely:used", *range(2000))
    redis = connect(own.settings())
    replies = await redis.client.ask_all([("CLIENT", "NO-TOUCH", "ON"), *[("LLEN", "rarely:used")] * 20])
    used = int(await own.do("OBJECT", "FREQ", "rarely:used"))
    assert (used < 20) is (replies[0] == b"OK")
    await own.do("CONFIG", "SET", "maxmemory-policy", "noeviction")


async def test_what_was_deleted_is_no_longer_big(own: Server, connect: Connect) -> None:
    await own.do("RPUSH", "soon:gone", *range(20_000))
    sampler = bigkeys.Sampler(connect(own.settings()).client)
    while (found := await sampler.sweep()).passes == 0:
        pass
    assert "soon:gone" in {key.name for key in found.keys}
    await own.do("DEL", "soon:gone")
    assert "soon:gone" not in {key.name for key in (await sampler.sweep()).keys}


async def test_names_from_outside_are_clean(own: Server, connect: Connect) -> None:
    await own.do("SET", b"evil\x1b]52;c;\x07\n\xff[red]" + b"x" * 500, "y" * 100_000)
    sampler = bigkeys.Sampler(connect(own.settings()).client)
    while (found := await sampler.sweep()).passes == 0:
        pass
    name = next(key.name for key in found.keys if key.name.startswith("evil"))
    assert name.startswith("evil␛]52;c;␇␊�[red]")
    assert len(name) < 260
    await own.do("DEL", b"evil\x1b]52;c;\x07\n\xff[red]" + b"x" * 500)


async def test_clients_of_an_older_server_are_understood() -> None:
    client = parse_client(b"id=3 addr=10.0.0.1:5 fd=8 name= age=9 idle=2 flags=b db=1 cmd=blpop")
    assert (client.id, client.user, client.memory, client.blocked, client.host) == (3, "", None, True, "10.0.0.1")
