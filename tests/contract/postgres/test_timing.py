"""Which hop of the way fails is named, and none keeps anybody waiting."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from providers.core.config import SecretSource
from providers.core.secret import Secret
from providers.postgres import timing
from providers.postgres.timing import connect_timing
from sandbox.certificate import issue
from sandbox.postgres.server import Postgres as Server
from tests.contract.postgres.conftest import Connect, plain_port
from tests.contract.postgres.relay import relay

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_every_hop_is_timed(connect: Connect) -> None:
    hops = await connect_timing(connect("oncall", host="localhost").client)
    assert [(hop.name, hop.error) for hop in hops] == [("DNS", ""), ("TCP", ""), ("TLS", ""), ("login", "")]
    assert all(0 <= hop.seconds < 3 for hop in hops)
    assert "127.0.0.1" in hops[0].detail and hops[2].detail == "TLSv1.3"


@pytest.mark.parametrize(
    ("changes", "hop", "words"),
    [
        ({"host": "db.invalid"}, "DNS", "db.invalid"),
        ({"port": 1}, "TCP", "127.0.0.1:1: Connection refused"),
        ({"password": SecretSource(literal=Secret("wrong-pass"))}, "login", "password authentication failed"),
        ({"database": "elsewhere"}, "login", "does not exist"),
    ],
)
async def test_the_failing_hop_is_named(connect: Connect, changes: dict[str, Any], hop: str, words: str) -> None:
    hops = await connect_timing(connect("oncall", **changes).client)
    assert (hops[-1].name, bool(hops[-1].fix)) == (hop, True)
    assert words in hops[-1].error
    assert all(not before.error for before in hops[:-1])


async def test_a_wrong_authority_fails_in_tls(connect: Connect, tmp_path: Path) -> None:
    hops = await connect_timing(connect("oncall", sslrootcert=str(issue(tmp_path).authority)).client)
    assert hops[-1].name == "TLS" and "certificate not accepted" in hops[-1].error


async def test_a_server_without_tls_is_no_tls(connect: Connect, server: Server) -> None:
    port = plain_port(server)
    hops = await connect_timing(connect("oncall", port=port).client)
    assert (hops[-1].name, hops[-1].error) == ("TLS", "the server offers no TLS")
    hops = await connect_timing(connect("oncall", port=port, sslmode="prefer").client)
    assert [hop.error for hop in hops] == [""] * 4
    hops = await connect_timing(connect("oncall", port=port, sslmode="disable").client)
    assert [hop.name for hop in hops] == ["DNS", "TCP", "login"]


async def test_silence_is_left_in_time(connect: Connect, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timing, "CONNECT_TIMEOUT", 0.2)
    async with relay(server.front.port) as way, asyncio.timeout(5):
        way.swallow()
        hops = await connect_timing(connect("oncall", port=way.port).client)
    assert (hops[-1].name, hops[-1].error) == ("TLS", "no answer within 0.2 s")


async def test_something_else_on_the_port_is_told(connect: Connect) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()
        writer.close()

    listener = await asyncio.start_server(talk, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    hops = await connect_timing(connect("oncall", port=port).client)
    assert "no PostgreSQL server" in hops[-1].error
    listener.close()
