"""TLS proves the server by its real name, whatever way leads there; nothing gets around it."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from providers.core.check import Verdict, run_check
from providers.core.config import Redis as Settings
from providers.core.errors import BackendError, ConfigError, Untrusted
from providers.redis.address import Address
from providers.redis.flush import FlushCache
from sandbox.certificate import server_context
from tests.contract.redis.conftest import Connect
from tests.contract.redis.relay import Relay, relay
from tests.contract.redis.servers import Server, server

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, Path]:
    """For localhost, 127.0.0.1 and kubernetes; and the file to trust."""
    return server_context(tmp_path_factory.mktemp("tls"))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def own(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    async with server(tmp_path_factory.mktemp("own") / "s") as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def secure(own: Server, certificates: tuple[ssl.SSLContext, Path]) -> AsyncIterator[Relay]:
    async with relay(own.port, certificates[0]) as made:
        yield made


def _settings(own: Server, url: str, ca: Path | None, tls: bool = False) -> Settings:
    return own.settings(url=url, ca_file=str(ca) if ca else None, tls=tls)


async def test_a_known_authority_and_the_right_name(
    own: Server, secure: Relay, certificates: tuple[ssl.SSLContext, Path], connect: Connect
) -> None:
    for settings in (
        _settings(own, f"rediss://localhost:{secure.port}/5", certificates[1]),
        _settings(own, f"redis://localhost:{secure.port}/5", certificates[1], tls=True),
    ):
        redis = connect(settings)
        assert await redis.client.ask("PING") == b"PONG"
        assert redis.client.target == f"rediss://localhost:{secure.port}/5"
    (finding,) = [f for check in redis.checks if check.id == "R02" for f in await run_check(check)]
    hops = [hop.split(" ")[0] for hop in finding.evidence[0].quote.split(", ")]
    assert (finding.verdict, hops) == (Verdict.PASS, ["DNS", "connect", "TLS", "AUTH", "PING"])
    await own.do("SET", "x", "y")
    plan = await FlushCache(redis).plan(FlushCache(redis).target, {})
    assert f"-p {secure.port} -n 5 --tls --cacert {certificates[1]} --user oncall --askpass FLUSHDB" in plan.equivalent


async def test_through_a_tunnel_it_is_the_real_name_that_counts(
    own: Server, secure: Relay, certificates: tuple[ssl.SSLContext, Path], connect: Connect
) -> None:
    async def tunnel(address: Address) -> Address:
        assert address.port == 6379
        return Address("127.0.0.1", secure.port)

    good = _settings(own, "rediss://kubernetes:6379/0", certificates[1])
    assert await connect(good, tunnel).client.ask("PING") == b"PONG"
    other = connect(_settings(own, "rediss://cache.example.com:6379/0", certificates[1]), tunnel)
    with pytest.raises(Untrusted, match=r"cache\.example\.com:6379 did not prove who it is: .*mismatch"):
        await other.client.ask("PING")


async def test_an_unknown_authority_is_refused(own: Server, secure: Relay, connect: Connect) -> None:
    redis = connect(_settings(own, f"rediss://localhost:{secure.port}/0", None))
    with pytest.raises(Untrusted, match="did not prove who it is") as caught:
        await redis.client.ask("PING")
    assert "redis.ca_file" in caught.value.fix
    (finding,) = [f for check in redis.checks if check.id == "R02" for f in await run_check(check)]
    assert (finding.verdict, finding.summary) == (Verdict.FAIL, "TLS fails")


async def test_no_tls_where_it_was_asked_for_is_refused(
    own: Server, certificates: tuple[ssl.SSLContext, Path], connect: Connect
) -> None:
    with pytest.raises(BackendError, match="TLS") as caught:
        await connect(_settings(own, f"rediss://localhost:{own.port}/0", certificates[1])).client.ask("PING")
    assert caught.value.kind in {"untrusted", "down"}


async def test_tls_where_none_was_asked_for_is_hinted_at(own: Server, secure: Relay, connect: Connect) -> None:
    with pytest.raises(BackendError) as caught:
        await connect(_settings(own, f"redis://localhost:{secure.port}/0", None)).client.ask("PING")
    assert "tls: true" in caught.value.fix


async def test_a_file_that_is_no_certificate_is_said(own: Server, tmp_path: Path, connect: Connect) -> None:
    file = tmp_path / "ca.crt"
    file.write_text("no certificate")
    for path in (file, tmp_path / "absent.crt"):
        with pytest.raises(ConfigError, match=r"redis\.ca_file"):
            await connect(_settings(own, f"rediss://localhost:{own.port}/0", path)).client.ask("PING")
