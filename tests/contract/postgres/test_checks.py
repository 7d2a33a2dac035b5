"""The checks against real servers: well, in trouble, and without the right to see."""

from __future__ import annotations

import pytest

from providers.core.check import Finding, Verdict, run_check
from providers.core.config import Thresholds
from providers.postgres.provider import Postgres
from tests.contract.postgres.conftest import Apply, Connect
from tests.contract.postgres.waiting import Blocked, asked_until

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def _ask(db: Postgres, row: str) -> list[Finding]:
    return [one for check in db.checks if check.id == row for one in await run_check(check)]


async def test_a_database_that_is_well(connect: Connect) -> None:
    db = connect("oncall")
    found = {row: await _ask(db, row) for row in ("D01", "D02", "D06", "D08", "E08", "P04")}
    assert {row: {one.verdict for one in several} for row, several in found.items()} == {
        row: {Verdict.PASS} for row in found
    }
    assert "DNS" in found["D02"][0].evidence[0].quote and "login" in found["D02"][0].evidence[0].quote


async def test_trouble_is_found(connect: Connect, session: Apply) -> None:
    db = connect("oncall", Thresholds(active_query_minutes=1e-6, transaction_minutes=1e-6, connections_of_max=0.01))
    root = await session(application_name="relayer")
    await root.execute("UPDATE htlcs SET state = state WHERE id = 201")
    waiter = Blocked(await session(), "UPDATE htlcs SET state = state WHERE id = 201")
    subjects = {f"backend/{root.info.backend_pid}", f"backend/{waiter.pid}"}
    found = await asked_until(lambda: _ask(db, "P04"), lambda several: subjects <= {one.subject for one in several})
    idle = next(one for one in found if one.subject == f"backend/{root.info.backend_pid}")
    assert idle.verdict is Verdict.FAIL and "relayer" in idle.summary
    active = await _ask(db, "P02")
    waiting = next(one for one in active if one.subject == f"backend/{waiter.pid}")
    assert waiting.verdict is Verdict.FAIL and "waits for Lock" in waiting.summary
    blockers = await asked_until(
        lambda: _ask(db, "P02"), lambda several: any(f"holds up {1}" in one.summary for one in several)
    )
    assert any(one.subject == f"backend/{root.info.backend_pid}" and "frees 1" in one.summary for one in blockers)
    assert (await _ask(db, "D06"))[0].verdict is Verdict.WARN
    await root.rollback()
    assert await waiter.ended() == "done"


async def test_without_rights_nothing_is_called_well(connect: Connect) -> None:
    db = connect("nobody")
    for row in ("P02", "P04"):
        judged = (await _ask(db, row))[0]
        assert (judged.verdict, judged.permission) == (Verdict.UNKNOWN, "pg_read_all_stats")


async def test_a_database_out_of_reach(connect: Connect) -> None:
    db = connect("oncall", port=1)
    way = await _ask(db, "D02")
    assert way[0].verdict is Verdict.FAIL and "TCP fails" in way[0].summary


async def test_without_the_extension(connect: Connect, database: object) -> None:
    (found,) = await _ask(connect("oncall", database="apart"), "D08")
    assert found.verdict is Verdict.WARN and "CREATE EXTENSION" in found.fix
