"""What every feed promises: it yields, says what is denied or missing, survives a cut, and leaves nothing behind."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import psycopg
import pytest

from providers.core.config import SecretSource, Thresholds
from providers.core.errors import BackendError
from providers.core.secret import Secret
from providers.postgres.catalog import _versions, statement
from providers.postgres.provider import Postgres
from providers.postgres.statements import StatementReader
from providers.postgres.values import Since
from sandbox.certificate import issue
from sandbox.postgres.server import Postgres as Server
from tests.contract.postgres.conftest import Apply, Connect
from tests.contract.postgres.relay import relay
from tests.contract.postgres.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_every_feed_yields(connect: Connect) -> None:
    db = connect("oncall")
    async with asyncio.timeout(30):
        found = dict(zip(db.feeds, await asyncio.gather(*(f.first() for f in db.feeds.values())), strict=True))
    assert found["overview"].version.startswith("18")
    assert found["overview"].max_connections == 60
    assert found["overview"].used >= 1
    assert found["overview"].size > 1_000_000
    assert sum(group.count for group in found["connections"]) >= 4
    assert any("swaps" in one.query for one in found["statements"].statements)
    light = await db.light.first()
    assert (light.identity, light.target) == ("oncall", f"127.0.0.1:{db.settings.port}")
    assert light.version.startswith("PostgreSQL 18")
    assert abs(light.skew) < 1.0


async def test_rates_come_with_the_second_reading(connect: Connect) -> None:
    db = connect("oncall")
    reading = await until(db.overview, lambda r: r.value is not None and r.value.commits_per_second is not None)
    assert reading.value.commits_per_second > 0


async def test_the_console_does_not_watch_itself(connect: Connect) -> None:
    db, other = connect("oncall"), connect("oncall")
    await other.light.first()
    await asyncio.gather(*(f.first() for f in db.feeds.values()))
    every = [*await db.activity.first(), *await other.activity.first()]
    assert not [b for b in every if b.app == "fusion-console"]
    statements = (await db.statements.first()).statements
    assert statements
    assert not [one for one in statements if "pg_stat_" in one.query and one.user == "oncall"]


async def test_a_role_without_rights_sees_how_much_it_does_not_see(connect: Connect, session: Apply) -> None:
    held = await session()
    await held.execute("SELECT count(*) FROM swaps")
    db = connect("nobody")
    rows = await db.activity.first()
    hidden = [row for row in rows if row.hidden]
    assert held.info.backend_pid in {row.pid for row in hidden}
    assert all(row.state == "" and row.user and row.query == "<insufficient privilege>" for row in hidden)
    assert (await db.overview.first()).hidden >= 1
    assert "unknown" in {group.state for group in await db.connections.first()}


async def test_a_database_without_the_extension_says_how_to_get_it(
    connect: Connect, database: psycopg.AsyncConnection[Any]
) -> None:
    db = connect("oncall", database="apart")
    with pytest.raises(BackendError) as caught:
        await db.statements.first()
    assert db.statements.latest.state == "absent"
    assert "CREATE EXTENSION pg_stat_statements" in caught.value.fix
    await database.execute("CREATE EXTENSION pg_stat_statements")
    db.statements.refresh()
    assert (await until(db.statements, lambda r: r.fault is None)).value.since


@pytest.mark.parametrize(("version", "since"), [("1.7", False), ("1.8", False), ("1.9", True), ("1.12", True)])
async def test_statements_of_every_form_of_the_extension(
    connect: Connect, database: psycopg.AsyncConnection[Any], version: str, since: bool
) -> None:
    """1.7 is what comes with PostgreSQL 12 (total_time), and what stays after an upgrade of the server."""
    await database.execute('CREATE SCHEMA "a \'b"')
    await database.execute(
        psycopg.sql.SQL('CREATE EXTENSION pg_stat_statements SCHEMA "a \'b" VERSION {}').format(version)
    )
    await database.execute("SELECT pg_sleep(0.001)")
    db = connect("oncall", database="apart")
    with pytest.raises(BackendError) as caught:
        await db.statements.first()
    assert "GRANT USAGE ON SCHEMA a 'b TO" in caught.value.fix
    await database.execute('GRANT USAGE ON SCHEMA "a \'b" TO oncall')
    db.statements.refresh()
    found = (await until(db.statements, lambda r: r.fault is None)).value
    assert any(one.mean > 0 and one.total >= one.mean for one in found.statements)
    assert (found.since is not None) == since
    assert 0.9 < sum(one.share for one in found.statements) < 1.1


async def test_what_happens_from_now_on_is_told_apart(connect: Connect, session: Apply) -> None:
    own = await session(autocommit=True)
    reader = StatementReader(connect("oncall").client)
    await own.execute("SELECT 1 AS seen_before, 2.5, true, 4")

    # The server takes statements for the same that differ in constants and names only: these are like no others.
    async def since(text: str) -> Since | None:
        return next(one.since_open for one in (await reader.read()).statements if text in one.query)

    assert await since("seen_before") == Since(0, 0.0)
    await own.execute("SELECT 2 AS seen_before, 2.5, true, 4")
    await own.execute("SELECT 1, 2, 3 AS new_since, 2.5, true")
    again, new = await since("seen_before"), await since("new_since")
    assert again is not None and again.calls == 1 and again.mean > 0
    assert new is not None and new.calls == 1


async def test_a_wrong_password_is_a_login(connect: Connect) -> None:
    db = connect("oncall", password=SecretSource(literal=Secret("open-sesame-7")))
    with pytest.raises(BackendError) as caught:
        await db.overview.first()
    assert db.overview.latest.state == "login"
    assert "password authentication failed" in str(caught.value)
    assert "open-sesame-7" not in str(caught.value) + caught.value.fix


async def test_another_authority_is_untrusted(connect: Connect, tmp_path: Path) -> None:
    with pytest.raises(BackendError, match="certificate verify failed"):
        await (db := connect("oncall", sslrootcert=str(issue(tmp_path).authority))).overview.first()
    assert db.overview.latest.state == "untrusted"


@pytest.mark.parametrize(
    ("changes", "state", "words"),
    [
        ({"host": "db.invalid"}, "down", "db.invalid"),
        ({"port": 1}, "down", "refused"),
        ({"database": "elsewhere"}, "absent", 'database "elsewhere" does not exist'),
    ],
)
async def test_what_is_wrong_with_the_address_is_named(
    connect: Connect, changes: dict[str, Any], state: str, words: str
) -> None:
    db = connect("oncall", **changes)
    reading = await until(db.overview, lambda r: r.fault is not None)
    assert reading.state == state
    assert words in reading.fault.message  # type: ignore[union-attr]


async def test_a_cut_keeps_the_last_value_and_comes_back(connect: Connect, server: Server) -> None:
    async with relay(server.front.port) as way:
        db = connect("oncall", port=way.port)
        value = await db.overview.first()
        ends = [db.overview.subscribe(lambda: None), db.light.subscribe(lambda: None)]
        await way.cut()
        reading = await until(db.overview, lambda r: r.fault is not None)
        assert (reading.state, reading.value.started) == ("down", value.started)
        way.heal(server.front.port)
        assert (await until(db.overview, lambda r: r.fault is None)).value
        for end in ends:
            end()


async def test_sessions_ended_by_the_server_are_replaced_at_once(connect: Connect, session: Apply) -> None:
    db = connect("oncall")
    await db.client.read("pulse")
    admin = await session("sandbox", autocommit=True)
    for pid in db.client.own_pids:
        await admin.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))
    assert await db.client.read("pulse")


async def test_a_server_that_has_no_connection_left_is_left_alone(connect: Connect, session: Apply) -> None:
    admin = await session("sandbox", autocommit=True)
    await admin.execute("ALTER ROLE viewer CONNECTION LIMIT 0")
    try:
        db = connect("viewer")
        reading = await until(db.overview, lambda r: r.fault is not None)
        assert reading.state == "throttled"
        assert "too many connections for role" in reading.fault.message  # type: ignore[union-attr]
    finally:
        await admin.execute("ALTER ROLE viewer CONNECTION LIMIT -1")


async def test_reading_cannot_write_and_is_bounded(connect: Connect) -> None:
    db = connect("fusion_app", statement_timeout=0.2)
    with pytest.raises(BackendError, match="read-only"):
        await db.client.ask(b"DELETE FROM public.swaps")
    with pytest.raises(BackendError, match="statement timeout"):
        await db.client.ask(b"SELECT pg_sleep(60)")


async def test_every_form_of_every_statement_runs_and_gives_the_same_columns(connect: Connect) -> None:
    """What is written for older servers runs on newer ones, too, but for pg_stat_statements."""
    client = connect("oncall").client
    given = {"pids": [1], "own": [1], "app": "x", "pid": 1, "id": 1}
    for name, versions in _versions().items():
        if name in {"statements", "text"}:
            continue
        found = set()
        for version in versions:
            text = statement(name, version)
            link = await client._take()
            cursor = await link._connection.execute(text, given if b"%(" in text else None)
            found.add(tuple(column.name for column in cursor.description or ()))
            await client._give_back(link)
        assert len(found) == 1, name


async def test_closing_leaves_no_task(connect: Connect) -> None:
    db: Postgres = connect("oncall", Thresholds(active_query_minutes=1.0))
    before = asyncio.all_tasks()
    await asyncio.gather(*(f.first() for f in db.feeds.values()))
    await db.__aexit__(None, None, None)
    await asyncio.sleep(0)
    assert {t for t in asyncio.all_tasks() - before if "feed" in t.get_name()} == set()
    assert db.client.own_pids == []
