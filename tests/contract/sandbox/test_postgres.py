"""The database of the estate: who may do what, what the bridge does in it, and that nothing of it stays."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import pytest_asyncio

from providers.core.errors import Unreachable
from sandbox.certificate import issue
from sandbox.member import Grounds
from sandbox.owner import started_at
from sandbox.postgres import server as module
from sandbox.postgres.server import Postgres, start
from sandbox.postgres.workload import CLIENTS
from tests.contract.sandbox.member_config import loaded, passable

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def postgres(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Postgres]:
    server = await start(_grounds(tmp_path_factory.mktemp("estate")))
    yield server
    await server.stop()


def _grounds(home: Path) -> Grounds:
    (home / "postgres").mkdir(mode=0o700)
    passable(home)
    return Grounds(home, home / "postgres", 7)


async def _ask(server: Postgres, user: str, query: str) -> Any:
    async with await psycopg.AsyncConnection.connect(server.dsn(user), autocommit=True) as connection:
        found = await connection.execute(query)  # type: ignore[arg-type]
        return (await found.fetchone() or (None,))[0] if found.description else None


async def test_it_is_seeded(postgres: Postgres) -> None:
    assert await _ask(postgres, "oncall", "SELECT count(*) FROM htlcs") >= 10_000
    assert (await _ask(postgres, "oncall", "SELECT version()")).startswith("PostgreSQL 18")


@pytest.mark.parametrize(
    ("user", "query", "allowed"),
    [
        ("oncall", "SELECT count(*) FROM swaps", True),
        ("oncall", "DELETE FROM swaps", False),
        ("oncall", "SELECT pg_cancel_backend(pg_backend_pid()) IS NULL", None),
        ("viewer", "SELECT count(*) FROM pg_stat_activity WHERE query <> '<insufficient privilege>'", True),
        ("viewer", "SELECT count(*) FROM swaps", False),
        ("fusion_app", "UPDATE liquidity_pools SET updated_at = now()", True),
        ("fusion_app", "DROP TABLE swaps", False),
        ("nobody", "SELECT count(*) FROM swaps", False),
        ("nobody", "SELECT 1", True),
    ],
)
async def test_rights(postgres: Postgres, user: str, query: str, allowed: bool | None) -> None:
    if allowed:
        await _ask(postgres, user, query)
        return
    with pytest.raises(psycopg.errors.InsufficientPrivilege if allowed is False else psycopg.errors.QueryCanceled):
        await _ask(postgres, user, query)


async def test_a_wrong_password_is_refused(postgres: Postgres) -> None:
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        await psycopg.AsyncConnection.connect(postgres.dsn("oncall").replace("oncall:", "oncall:x"))


async def test_another_authority_is_not_trusted(postgres: Postgres, tmp_path: Path) -> None:
    other = issue(tmp_path).authority
    with pytest.raises(psycopg.OperationalError, match="certificate verify failed"):
        await psycopg.AsyncConnection.connect(postgres.dsn("oncall").partition("&")[0] + f"&sslrootcert={other}")


async def test_without_tls_nobody_gets_in(postgres: Postgres) -> None:
    with pytest.raises(psycopg.OperationalError):
        await psycopg.AsyncConnection.connect(postgres.dsn("oncall").partition("?")[0] + "?sslmode=disable")


async def test_the_workload_shows_and_is_bounded(postgres: Postgres) -> None:
    statements = "SELECT count(*) FROM pg_stat_statements WHERE query LIKE '%swaps%' AND calls > 0"
    async with asyncio.timeout(20):
        while await _ask(postgres, "oncall", statements) < 3:
            pass
    mine = "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'fusion-bitcoin-%'"
    assert await _ask(postgres, "oncall", mine) <= len(CLIENTS)


async def test_the_workload_comes_back_after_its_sessions_are_ended(postgres: Postgres) -> None:
    def count(apart: str) -> str:
        return (
            "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'fusion-bitcoin-%'"
            f" AND pid NOT IN ({apart})"
        )

    async with asyncio.timeout(20):
        while await _ask(postgres, "oncall", count("0")) < len(CLIENTS):
            pass
    theirs = "FROM pg_stat_activity WHERE usename = 'fusion_app'"
    pids = await _ask(postgres, "oncall", f"SELECT string_agg(pid::text, ',') {theirs}")
    await _ask(postgres, "oncall", f"SELECT pg_terminate_backend(pid) {theirs}")
    async with asyncio.timeout(20):
        while await _ask(postgres, "oncall", count(pids)) < len(CLIENTS):
            pass


async def test_its_section_is_a_configuration(postgres: Postgres, tmp_path: Path) -> None:
    found = loaded(tmp_path, postgres.section).postgres
    assert found is not None
    assert (found.host, found.port, found.user) == ("127.0.0.1", postgres.front.port, "oncall")


async def test_nothing_stays(tmp_path: Path) -> None:
    server = await start(_grounds(tmp_path))
    pids = [
        int(path.parent.name)
        for path in Path("/proc").glob("[0-9]*/cmdline")
        if str(tmp_path).encode() in _bytes(path) or _parent(path) == server.child.pid
    ]
    assert server.child.pid in pids and len(pids) > 3
    births = {pid: started_at(pid) for pid in pids}
    await server.stop()
    await server.stop()
    async with asyncio.timeout(5):
        while any(born and started_at(pid) == born for pid, born in births.items()):
            await asyncio.to_thread(lambda: None)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _parent(path: Path) -> int:
    try:
        return int((path.parent / "stat").read_text().rpartition(")")[2].split()[1])
    except (OSError, IndexError):
        return 0


async def test_one_that_does_not_start_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "package", lambda name: tmp_path)
    with pytest.raises(Unreachable, match="holds no server"):
        await start(_grounds(tmp_path))
