"""Other releases and other states of a server: 15 as Debian has it, without the library, and a standby."""

from __future__ import annotations

import asyncio
import os
from contextlib import aclosing
from pathlib import Path

import pytest

from providers.core.action import Stage, Target
from providers.core.config import Thresholds
from providers.core.errors import NotFound
from providers.postgres.act_reset import ResetStatements
from providers.postgres.act_signal import CancelBackend, TerminateBackend
from providers.postgres.activity import backends
from providers.postgres.blocking import blocking
from providers.postgres.provider import Postgres
from providers.postgres.statements import StatementReader
from sandbox.postgres.cluster import SUPERUSER, server_uid
from tests.contract.postgres.small import Small, made
from tests.contract.postgres.waiting import Blocked, asked_until, until

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_every_feed_of_an_older_release(older: Small) -> None:
    admin, waiter = await older.session(), await older.session()
    await admin.execute("CREATE TABLE IF NOT EXISTS held (id int)")
    await admin.commit()
    await admin.execute("LOCK TABLE held")
    blocked = Blocked(waiter, "SELECT * FROM held")
    async with Postgres("older", older.settings(), Thresholds()) as db:
        await asked_until(lambda: db.blocking.first(), lambda nodes: len(nodes) == 2)
        found = dict(zip(db.feeds, await asyncio.gather(*(f.first() for f in db.feeds.values())), strict=True))
        assert found["overview"].version.startswith(str(older.programs.parent.name))
        assert found["overview"].reserved == 0
        assert {b.pid for b in found["activity"]} >= {blocked.pid, admin.info.backend_pid}
        assert found["statements"].since is not None
        assert [node.locked[0].relation for node in found["blocking"]] == ["public.held"] * 2
    await admin.close()
    assert await blocked.ended() == "done"
    await waiter.close()


async def test_signals_on_an_older_release(older: Small) -> None:
    slow, idle = Blocked(await older.session(), "SELECT pg_sleep(60)"), await older.session()
    async with Postgres("older", older.settings(), Thresholds()) as db:
        await asked_until(lambda: backends(db.client, [slow.pid]), lambda found: found[0].active)
        cancel = await CancelBackend(db).plan(Target("backend", str(slow.pid)), {})
        assert cancel.blockers == () and await cancel.steps.permit() == ""
        assert await cancel.steps.apply() == f"pg_cancel_backend({slow.pid}) was sent"
        assert await slow.ended() == "57014"
        terminate = await TerminateBackend(db).plan(Target("backend", str(idle.info.backend_pid)), {})
        await terminate.steps.apply()
        async with aclosing(terminate.steps.follow()) as steps:
            assert [step.stage async for step in steps][-1] is Stage.DONE
        reset = await ResetStatements(db).plan(Target("statements", "pg_stat_statements"), {})
        await reset.steps.apply()
        assert await reset.steps.settled() is True
    await slow.stop()


async def test_without_the_library_it_says_how_to_load_it(
    older: Small, tmp_path_factory: pytest.TempPathFactory
) -> None:
    home = tmp_path_factory.mktemp("bare")
    bare = await made(home, older.programs)
    async with bare.running(home, "shared_preload_libraries="), Postgres("bare", bare.settings(), Thresholds()) as db:
        for installed in (False, True):
            if installed:
                async with await bare.session() as admin:
                    await admin.execute("CREATE EXTENSION pg_stat_statements")
            with pytest.raises(NotFound, match="shared_preload_libraries lacks it") as caught:
                await StatementReader(db.client).read()
            assert "ALTER SYSTEM SET shared_preload_libraries" in caught.value.fix
            assert ("CREATE EXTENSION" in caught.value.fix) is not installed
        assert (await db.overview.first()).used >= 1


async def test_a_server_that_stops_and_what_a_prepared_transaction_holds(
    older: Small, tmp_path_factory: pytest.TempPathFactory
) -> None:
    home = tmp_path_factory.mktemp("stopping")
    small = await made(home, older.programs)
    async with Postgres("stopping", small.settings(), Thresholds()) as db:
        ends = [db.overview.subscribe(lambda: None), db.light.subscribe(lambda: None)]
        async with small.running(home, "max_prepared_transactions=2"):
            before = (await until(db.overview, lambda r: r.fault is None)).value
            async with await small.session() as admin:
                await admin.execute("CREATE TABLE held (id int)")
                await admin.commit()
                await admin.execute("LOCK TABLE held")
                await admin.execute("PREPARE TRANSACTION 'left behind'")
            waiter = Blocked(await small.session(), "SELECT * FROM held")
            root, below = await asked_until(lambda: blocking(db.client), lambda nodes: len(nodes) == 2)
            assert (root.pid, root.backend, root.frees, below.pid) == (0, None, 1, waiter.pid)
        stopped = await until(db.overview, lambda r: r.fault is not None)
        assert (stopped.state, stopped.value.started) == ("down", before.started)
        async with small.running(home, "max_prepared_transactions=2"):
            again = await until(db.overview, lambda r: r.fault is None)
            assert again.value.started > before.started
            assert again.value.commits_per_second is None
        await waiter.stop()
        for end in ends:
            end()


async def test_a_standby_and_its_primary(older: Small, tmp_path_factory: pytest.TempPathFactory) -> None:
    home = tmp_path_factory.mktemp("standby")
    primary = await made(home, older.programs)
    with (primary.data / "pg_hba.conf").open("a") as access:
        access.write("host replication all 127.0.0.1/32 scram-sha-256\n")
    flags = ("wal_level=replica", "max_wal_senders=4", "synchronous_commit=on")
    async with primary.running(home, *flags):
        standby = await _copied(home, primary)
        async with (
            standby.running(home, *flags),
            Postgres("primary", primary.settings(), Thresholds()) as first,
            Postgres("standby", standby.settings(), Thresholds()) as second,
        ):
            caught_up = [("streaming", 0)]
            reading = await until(
                first.overview, lambda r: [(c.state, c.lag_bytes) for c in r.value.replicas] == caught_up
            )
            assert (reading.value.replica, reading.value.lag_seconds) == (False, None)
            assert (await second.light.first()).version.endswith("replica")
            (sender,) = await first.client.ask(b"SELECT pid FROM pg_stat_replication")
            target = Target("backend", str(sender["pid"]))
            assert "a standby or a subscriber reads" in (await TerminateBackend(first).plan(target, {})).blockers[0]
            assert (await TerminateBackend(first).plan(target, {"force": "yes"})).blockers == ()
            behind = await until(second.overview, lambda r: r.value.lag_seconds == 0)
            assert (behind.value.replica, behind.value.lag_bytes) == (True, 0)


async def _copied(home: Path, primary: Small) -> Small:
    """A standby of it, made by pg_basebackup."""
    directory = home / "copy"
    directory.mkdir()
    uid = server_uid()
    if uid >= 0:
        os.chown(directory, uid, uid)
    where = f"host=127.0.0.1 port={primary.port} user={SUPERUSER} password={primary.password}"
    process = await asyncio.create_subprocess_exec(
        str(primary.programs / "pg_basebackup"), "-d", where, "-D", str(directory / "data"), "-R", "-c", "fast", "-N",
        user=uid if uid >= 0 else None, cwd="/",
    )  # fmt: skip
    assert await process.wait() == 0
    return Small(directory / "data", primary.programs, primary.password)
