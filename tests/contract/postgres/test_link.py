"""What a connection does when the way to the server is bad: it never keeps anybody waiting, and is given up."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from providers.core.config import SecretSource
from providers.core.errors import Invalid, Refused, TimedOut, Unauthenticated, Unreachable
from providers.core.secret import Secret
from sandbox.postgres.server import Postgres as Server
from tests.contract.postgres.conftest import Connect, plain_port
from tests.contract.postgres.relay import relay
from tests.contract.postgres.waiting import asked_until

pytestmark = pytest.mark.asyncio(loop_scope="session")
ASK = b"SELECT 1 AS one"


async def test_a_black_hole_is_left_in_time_and_the_connection_given_up(connect: Connect, server: Server) -> None:
    async with relay(plain_port(server)) as way:
        client = connect("oncall", port=way.port, sslmode="disable").client
        assert await client.ask(ASK) == [{"one": 1}]
        way.swallow()
        client.deadline = 0.3
        started = time.monotonic()
        with pytest.raises(TimedOut, match=r"no answer within 0\.3 s"):
            await client.ask(ASK)
        assert time.monotonic() - started < 1.0
        assert client.own_pids == []


async def test_leaving_does_not_wait_for_a_black_hole(connect: Connect, server: Server) -> None:
    async with relay(plain_port(server)) as way:
        client = connect("oncall", port=way.port, sslmode="disable").client
        await client.ask(ASK)
        way.swallow()
        asking = asyncio.ensure_future(client.ask(ASK))
        await way.swallowed.wait()
        started = time.monotonic()
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        assert time.monotonic() - started < 0.5
        assert client.own_pids == []


async def test_no_connection_for_a_change_means_that_nothing_was_sent(connect: Connect) -> None:
    with pytest.raises(Refused, match="no connection to send it over"):
        await connect("oncall", port=1).client.act(ASK, {})


async def test_at_most_three_connections_are_held(connect: Connect) -> None:
    client = connect("oncall").client
    asking = [asyncio.ensure_future(client.ask(b"SELECT pg_sleep(0.05)")) for _ in range(9)]
    await asked_until(lambda: client.read("pulse"), lambda rows: bool(rows))
    await asyncio.gather(*asking)
    assert len(client.own_pids) == 3


async def test_a_tunnel_is_dialled_and_the_real_name_verified(connect: Connect, server: Server) -> None:
    asked = []

    async def dial(host: str, port: int) -> tuple[str, int]:
        asked.append((host, port))
        return "127.0.0.1", server.front.port

    for host, trusted in (("localhost", True), ("db.example.com", False)):
        client = connect("oncall", host=host, port=6000).client
        client.login._dial = dial
        if trusted:
            assert await client.ask(ASK)
            continue
        with pytest.raises(Exception, match=r'does not match host name "db\.example\.com"'):
            await client.ask(ASK)
    assert asked == [("localhost", 6000), ("db.example.com", 6000)]


async def test_behind_a_tunnel_the_passfile_is_asked_for_the_real_port(
    connect: Connect, server: Server, tmp_path: Path
) -> None:
    async def dial(host: str, port: int) -> tuple[str, int]:
        return "127.0.0.1", server.front.port

    secret = server.plain("oncall").split(":")[2].split("@")[0]
    (tmp_path / "pass").touch(mode=0o600)
    (tmp_path / "pass").write_text(f"# ours\nlocalhost:5999:*:*:wrong\nlocalhost:6000:fusion:oncall:{secret}\n")
    client = connect("oncall", host="localhost", port=6000, password=None, passfile=str(tmp_path / "pass")).client
    client.login._dial = dial
    assert await client.ask(ASK)


async def test_all_connections_busy_is_no_answer_in_time(connect: Connect) -> None:
    client = connect("oncall").client
    client.deadline = 0.4
    asking = [asyncio.ensure_future(client.ask(b"SELECT pg_sleep(3)")) for _ in range(4)]
    outcomes = await asyncio.gather(*asking, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [TimedOut] * 4
    assert client.own_pids == []
    assert await client.ask(ASK)


async def test_a_closed_client_opens_nothing(connect: Connect) -> None:
    client = connect("oncall").client
    await client.aclose()
    with pytest.raises(Invalid, match="being left"):
        await client.ask(ASK)
    assert client.own_pids == []


async def test_refused_credentials_are_not_tried_again_at_once(connect: Connect, server: Server) -> None:
    client = connect("oncall", password=SecretSource(literal=Secret("wrong-one"))).client
    with pytest.raises(Unauthenticated) as first:
        await client.ask(ASK)
    with pytest.raises(Unauthenticated) as second:
        await client.ask(ASK)
    assert first.value is second.value


async def test_a_service_and_a_passfile_lead_there(
    connect: Connect, server: Server, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path_factory.mktemp("home")
    secret = server.plain("oncall").split(":")[2].split("@")[0]
    (home / "services").write_text(
        f"# ours\n[bridge]\nhost=127.0.0.1\nport={server.front.port}\nuser=oncall\ndbname=fusion\nsslmode=disable\n"
    )
    (home / "pass").touch(mode=0o600)
    (home / "pass").write_text(f"127.0.0.1:{server.front.port}:fusion:oncall:{secret}\n")
    monkeypatch.setenv("PGSERVICEFILE", str(home / "services"))
    found = {"host": None, "user": None, "database": None, "password": None, "port": 5432}
    client = connect("oncall", **found, service="bridge", passfile=str(home / "pass")).client
    # The service's weaker sslmode does not count: without TLS the sandbox lets nobody in.
    assert await client.ask(b"SELECT current_user::text AS who") == [{"who": "oncall"}]
    (home / "pass").write_text("")
    with pytest.raises(Unauthenticated, match="no password supplied"):
        await connect("oncall", **found, service="bridge", passfile=str(home / "pass")).client.ask(ASK)


async def test_an_rds_token_is_made_anew_for_each_connection(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "s3cret-key-of-test"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    client = connect("oncall", password=None, iam_auth=True).client
    _, one = await client.login.reached()
    assert one is not None and one.reveal().startswith(
        f"127.0.0.1:{client.settings.port}/?Action=connect&DBUser=oncall"
    )
    # The sandbox has no IAM: the token arrives as a password, and is refused as one.
    with pytest.raises(Unauthenticated, match="password authentication failed"):
        await client.ask(ASK)
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, "/nonexistent")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(Unauthenticated, match="no RDS token"):
        await client.login.reached()


async def test_a_stopped_server_is_down(connect: Connect, server: Server) -> None:
    async with relay(1) as way:
        with pytest.raises(Unreachable):
            await connect("oncall", port=way.port, sslmode="disable").client.ask(ASK)
