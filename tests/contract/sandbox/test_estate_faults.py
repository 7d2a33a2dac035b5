"""Faults as the estate puts them in: what the console is told, what the pods see and say, and that all of it heals."""

from __future__ import annotations

import asyncio
import json
import socket
import tempfile
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest
import pytest_asyncio

from providers.core.config import Environment, load
from providers.core.errors import Unreachable, UsageError
from sandbox.cluster.seams import LogQuery, Pace
from sandbox.estate import Estate
from sandbox.faults import BY_SYSTEM, FAULTS
from sandbox.members import STARTERS

pytestmark = pytest.mark.asyncio(loop_scope="module")
NS = "fusion-bitcoin"
DATABASE = "fusion-bitcoin-db.internal"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def estate() -> AsyncIterator[Estate]:
    # Short, since the path of a socket is; open to pass through, since the database's server is another user.
    with tempfile.TemporaryDirectory(prefix="fc-") as made, pytest.MonkeyPatch.context() as patch:
        Path(made).chmod(0o711)
        patch.setattr(tempfile, "tempdir", made)
        started = await Estate.start(pace=Pace(30), starters={name: STARTERS[name] for name in ("postgres", "redis")})
        yield started
        await started.stop()


def _pod(estate: Estate) -> str:
    pods = estate.cluster.store.list("pods", NS)
    return next(str(p["metadata"]["name"]) for p in pods if p["metadata"]["labels"].get("app", "").endswith("relayer"))


async def _run(estate: Estate, *argv: str) -> str:
    process = await estate.cluster.runtime.exec(NS, _pod(estate), "relayer", list(argv), tty=False)
    await process.feed(b"")
    async with asyncio.timeout(10):
        return b"".join([chunk async for _, chunk in process.output()]).decode()


async def _health(estate: Estate) -> dict[str, str]:
    """Dependency to status."""
    answer = await estate.cluster.runtime.http(NS, _pod(estate), 3000, "GET", "/health", {}, b"")
    return {name: part["status"] for name, part in json.loads(answer.body)["dependencies"].items()}


async def _says(estate: Estate, text: bytes) -> None:
    """Wait for a line of the relayer with this in it."""
    query = LogQuery("relayer", follow=True, tail=0)
    async with asyncio.timeout(20), aclosing(estate.cluster.runtime.logs(NS, _pod(estate), query)) as lines:
        async for line in lines:
            if text in line.text:
                return


def _configured(estate: Estate) -> Environment:
    return load(Path(estate.where()["config"]), {}).config.environments["sandbox"]


async def test_a_name_that_leads_nowhere(estate: Estate) -> None:
    before = _configured(estate).postgres
    await estate.break_("db-dns")
    broken = _configured(estate).postgres
    assert broken is not None and broken.host is not None
    with pytest.raises(socket.gaierror):
        await asyncio.get_running_loop().getaddrinfo(broken.host, broken.port)
    assert "NXDOMAIN" in await _run(estate, "nslookup", DATABASE)
    assert "no response" in await _run(estate, "pg_isready", "-h", DATABASE)
    await _says(estate, b"no such host")
    await estate.heal("db-dns")
    assert _configured(estate).postgres == before
    assert "accepting connections" in await _run(estate, "pg_isready", "-h", DATABASE)


async def test_the_pods_see_and_say_that_a_server_is_down(estate: Estate) -> None:
    assert "accepting connections" in await _run(estate, "pg_isready", "-h", DATABASE)
    await estate.break_("db-down")
    await estate.break_("redis-down")
    assert "no response" in await _run(estate, "pg_isready", "-h", DATABASE)
    assert "Connection refused" in await _run(estate, "redis-cli", "-h", "fusion-bitcoin-redis.internal", "ping")
    health = await _health(estate)
    assert (health["database"], health["redis"], health["bitcoin"]) == ("down", "down", "up")
    await _says(estate, b"fusion-bitcoin-db.internal:5432: connection refused")
    assert sorted(await estate.heal()) == ["db-down", "redis-down"]
    assert set((await _health(estate)).values()) == {"up"}
    assert "accepting connections" in await _run(estate, "pg_isready", "-h", DATABASE)


async def test_all_that_is_broken_heals_at_once(estate: Estate) -> None:
    names = ["stats-extension-missing", "lock-tree", "connections-exhausted", "redis-maxclients", "db-dns", "db-down"]
    for name in names:
        await estate.break_(name)
    with pytest.raises(UsageError, match="database is down"):
        await estate.break_("slow-query")
    assert estate.broken == set(names)
    assert sorted(await estate.heal()) == sorted(names)
    assert estate.broken == set()


async def test_a_fault_that_cannot_be_put_in_leaves_nothing(estate: Estate) -> None:
    await estate.break_("connections-exhausted")
    with pytest.raises(Unreachable, match="connection slots are reserved"):
        await estate.break_("lock-tree")
    assert await estate.heal() == ["connections-exhausted"]
    await estate.break_("lock-tree")
    await estate.heal()


async def test_every_fault_has_a_name_of_its_own_and_one_line() -> None:
    assert len(FAULTS) == sum(len(faults) for faults in BY_SYSTEM.values())
    assert not [name for name, fault in FAULTS.items() if not fault.symptom or "\n" in fault.symptom]
