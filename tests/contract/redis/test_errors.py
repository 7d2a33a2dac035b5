"""What goes wrong on the way, in words an operator acts on, and never for longer than three seconds."""

from __future__ import annotations

import asyncio
import logging
import signal
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from providers.core.check import Finding, Verdict, run_check
from providers.core.config import Redis as Settings
from providers.core.config import Thresholds
from providers.core.errors import (
    BackendError,
    ConfigError,
    Denied,
    NotFound,
    ServerFault,
    TimedOut,
    Unauthenticated,
    Unreachable,
)
from providers.core.secret_source import SecretSource
from providers.redis.answers import ClientsFull
from providers.redis.provider import Redis
from sandbox.ports import free_port
from tests.contract.redis.conftest import Connect
from tests.contract.redis.servers import FLAVOURS, Server, server, until

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=FLAVOURS)
async def own(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    async with server(tmp_path_factory.mktemp("own") / "s", request.param, maxclients="20") as made:
        yield made


async def _raised(redis: Redis) -> BackendError:
    with pytest.raises(BackendError) as caught:
        await redis.client.ask("INFO")
    assert "word" not in f"{caught.value.message} {caught.value.fix}".replace("password", "")
    return caught.value


async def _check(redis: Redis, row: str) -> list[Finding]:
    return [f for check in redis.checks if check.id == row for f in await run_check(check)]


async def test_a_wrong_password_is_said_and_not_tried_again_at_once(own: Server, connect: Connect) -> None:
    await own.do("CONFIG", "RESETSTAT")
    redis = connect(own.settings("limited", password=SecretSource(literal=own.settings().password.literal)))  # type: ignore[union-attr]
    for _ in range(5):
        error = await _raised(redis)
        assert isinstance(error, Unauthenticated)
        assert error.message.endswith("(WRONGPASS)")
    stats = await own.do("INFO", "commandstats")
    assert stats["cmdstat_auth"]["calls"] == stats["cmdstat_auth"]["failed_calls"] == 1
    (finding,) = await _check(redis, "R02")
    assert (finding.verdict, finding.summary) == (Verdict.FAIL, "AUTH fails")


async def test_no_password_is_said(own: Server, connect: Connect) -> None:
    redis = connect(own.settings(username=None, password=None))
    error = await _raised(redis)
    assert isinstance(error, Unauthenticated)
    assert "NOAUTH" in error.message


async def test_a_password_that_cannot_be_read_is_the_configuration_s(own: Server, connect: Connect) -> None:
    redis = connect(own.settings(password=SecretSource(file="/nonexistent/secret")))
    with pytest.raises(ConfigError, match="no such file"):
        await redis.client.ask("PING")
    (finding,) = await _check(redis, "R02")
    assert finding.verdict is Verdict.FAIL


async def test_a_database_out_of_range_is_said(own: Server, connect: Connect) -> None:
    assert "out of range" in (await _raised(connect(own.settings(database=99)))).message


async def test_a_command_it_does_not_know_is_said(own: Server, connect: Connect) -> None:
    client = connect(own.settings()).client
    with pytest.raises(NotFound, match="does not know this command"):
        await client.ask("NO-SUCH-COMMAND")
    with pytest.raises(Denied, match="limited may not run CONFIG GET") as caught:
        await connect(own.settings("limited")).client.ask("CONFIG", "GET", "maxmemory")
    assert caught.value.fix == "on the server: ACL SETUSER limited +config|get"


async def test_every_place_taken_is_said_and_found(own: Server, connect: Connect) -> None:
    crowd = [own.direct for _ in range(20)]
    try:
        for client in crowd:
            await client.initialize()
        with pytest.raises(Exception, match="max number of clients"):
            while True:
                crowd.append(own.direct)
                await crowd[-1].ping()
        late = connect(own.settings())
        error = await _raised(late)
        assert isinstance(error, ClientsFull)
        assert "maxclients" in error.fix
        (finding,) = await _check(late, "R05")
        assert finding.verdict is Verdict.FAIL
        assert "turns new clients away" in finding.summary
    finally:
        for client in crowd:
            await client.aclose()
    await until(lambda: _free(own))


async def _free(own: Server) -> bool:
    try:
        return bool(await own.do("INFO", "clients"))
    except Exception:  # noqa: BLE001 - whatever it says while it is full
        return False


async def test_a_server_that_stands_still_costs_three_seconds_and_comes_back(own: Server, connect: Connect) -> None:
    redis = connect(own.settings())
    await redis.client.ask("PING")
    own.signal(signal.SIGSTOP)
    try:
        started = time.monotonic()
        errors = await asyncio.gather(*(redis.client.ask("PING") for _ in range(4)), return_exceptions=True)
        assert time.monotonic() - started < 4
        assert all(isinstance(error, TimedOut) for error in errors)
        assert "no answer to PING within 3 s" in str(errors[0])
    finally:
        own.signal(signal.SIGCONT)
    assert await redis.client.ask("PING") == b"PONG"


async def test_a_restart_in_between_is_no_news(own: Server, connect: Connect) -> None:
    client = connect(own.settings()).client
    assert await client.ask("PING") == b"PONG"
    await own.stop()
    error = (await asyncio.gather(client.ask("PING"), return_exceptions=True))[0]
    assert isinstance(error, Unreachable)
    assert "connection refused" in error.message
    await own.start()
    assert await client.ask("PING") == b"PONG"
    await own.do("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
    assert await client.ask("PING") == b"PONG"


async def test_feeds_outlive_a_cut(own: Server, connect: Connect) -> None:
    redis = connect(own.settings())
    ends = [feed.subscribe(lambda: None) for feed in (redis.light, redis.overview, redis.clients)]
    first = await redis.overview.first()
    await own.stop()
    redis.overview.refresh()
    await until(lambda: _state(redis, "down"))
    assert redis.overview.latest.value == first
    await own.start()
    redis.overview.refresh()
    await until(lambda: _state(redis, "live"))
    for end in ends:
        end()


async def _state(redis: Redis, wanted: str) -> bool:
    return redis.overview.latest.state == wanted


async def test_what_nobody_waits_for_is_never_taken_for_another_answer(own: Server, connect: Connect) -> None:
    """A call that is given up takes its connection with it."""
    client = connect(own.settings()).client
    for _ in range(20):
        waiting = asyncio.create_task(client.ask("ECHO", "old"))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.wait({waiting})
        assert waiting.cancelled() or waiting.result() == b"old"
        assert await client.ask("ECHO", "new") == b"new"
    blocked = asyncio.create_task(client.ask("BLPOP", "nothing", 0))
    await until(lambda: _blocked(own, 1))
    blocked.cancel()
    await asyncio.wait({blocked})
    assert blocked.cancelled()
    await until(lambda: _blocked(own, 0))
    assert await client.ask("PING") == b"PONG"


async def _blocked(own: Server, count: int) -> bool:
    return int((await own.do("INFO", "clients"))["blocked_clients"]) == count


async def test_a_script_that_does_not_end_is_said(own: Server, connect: Connect) -> None:
    await own.do("CONFIG", "SET", "lua-time-limit", "1")
    client = connect(own.settings()).client
    await client.ask("PING")
    async with own.direct as other:
        script = asyncio.create_task(other.execute_command("EVAL", "while true do end", "0"))
        await until(lambda: _busy(client))
        with pytest.raises(ServerFault, match="a script has been running") as caught:
            await client.ask("INFO")
        assert "SCRIPT KILL" in caught.value.fix
        await client.ask_all([("SCRIPT", "KILL")])
        await asyncio.wait({script})
        assert script.exception()


async def _busy(client: Any) -> bool:
    try:
        await client.ask("INFO")
    except BackendError:
        return True
    return False


async def test_nothing_listening_and_a_name_that_is_none(connect: Connect) -> None:
    redis = connect(Settings(url=f"redis://127.0.0.1:{free_port()}/0"))
    error = await _raised(redis)
    assert isinstance(error, Unreachable)
    assert "connection refused" in error.message
    (finding,) = await _check(redis, "R02")
    assert (finding.verdict, finding.summary) == (Verdict.FAIL, "connect fails")
    for row in ("R03", "R05", "R06"):
        (finding,) = await _check(redis, row)
        assert (finding.verdict, "connection refused" in finding.summary) == (Verdict.UNKNOWN, True)
    lost = connect(Settings(url="redis://cache.invalid:6379/0"))
    assert "does not resolve" in (await _raised(lost)).message
    (finding,) = await _check(lost, "R02")
    assert finding.summary == "DNS fails"


async def test_no_tunnel_no_way(connect: Connect) -> None:
    error = await _raised(connect(Settings(url="redis://127.0.0.1:6379/0", via="bastion")))
    assert "through bastion" in error.message


@pytest.mark.parametrize(
    "said", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"$many\r\n", b"*-7000000000x\r\n", b"+" + b"x" * 200_000]
)
async def test_something_else_that_answers_is_told_apart(connect: Connect, said: bytes) -> None:
    async def web(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10)
        writer.write(said)
        writer.close()

    listener = await asyncio.start_server(web, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    error = await _raised(connect(Settings(url=f"redis://127.0.0.1:{port}/0")))
    assert (error.kind, error.message) == ("garbled", "the answer is not in Redis' protocol")
    listener.close()


async def test_no_password_reaches_a_log(own: Server, connect: Connect, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    redis = connect(own.settings())
    await redis.overview.first()
    await own.stop()
    await _raised(redis)
    await own.start()
    assert "oncall-word" not in caplog.text
    assert "oncall-word" not in repr(redis.client) + repr(redis.client.door.settings)


async def test_nothing_is_left_behind(own: Server) -> None:
    before = asyncio.all_tasks()
    async with Redis("test", own.settings(), Thresholds()) as redis:
        for feed in (redis.light, *redis.feeds.values()):
            await feed.first()
        for check in redis.checks:
            await run_check(check)
        assert await _ours(own) == 1
    assert asyncio.all_tasks() == before
    await until(lambda: _none_left(own))


async def _ours(own: Server) -> int:
    return str(await own.do("CLIENT", "LIST")).count("fusion-console")


async def _none_left(own: Server) -> bool:
    return await _ours(own) == 0
