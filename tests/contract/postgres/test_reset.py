"""Resetting the statement statistics, and what the role may do at all."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from providers.core.action import Target, Verdict
from providers.core.errors import NotFound
from providers.postgres.act_reset import ResetStatements
from tests.contract.postgres.conftest import Apply, Connect
from tests.contract.postgres.test_signal import _run

pytestmark = pytest.mark.asyncio(loop_scope="session")
TARGET = Target("statements", "pg_stat_statements")


async def test_they_begin_anew_once(connect: Connect, session: Apply, tmp_path: Path) -> None:
    db, admin = connect("sandbox"), await session("sandbox", autocommit=True)
    action = ResetStatements(db)
    plan, late = await action.plan(TARGET, {}), await action.plan(TARGET, {})
    assert plan.blockers == () and "since 20" in (plan.diff[0].before or "")
    assert await plan.steps.settled() is False
    outcome = await _run(tmp_path, plan)
    assert outcome.verdict is Verdict.DONE and await plan.steps.settled() is True
    since = await (await admin.execute("SELECT stats_reset FROM pg_stat_statements_info")).fetchone()
    assert since is not None and since[0].isoformat() != plan.target.identity
    refused = await _run(tmp_path, late)
    assert refused.verdict is Verdict.FAILED and "reset them meanwhile" in refused.message
    with pytest.raises(NotFound, match="since they were selected"):
        await action.plan(late.target, {})


async def test_without_the_right_nothing_is_sent(connect: Connect, tmp_path: Path) -> None:
    plan = await ResetStatements(connect("oncall")).plan(TARGET, {})
    assert "GRANT EXECUTE ON FUNCTION" in plan.blockers[0] and plan.blockers[0].endswith("TO oncall;")
    assert (await _run(tmp_path, plan)).verdict is Verdict.REFUSED


async def test_the_old_form_has_no_date_to_compare(
    connect: Connect, database: psycopg.AsyncConnection[object], tmp_path: Path
) -> None:
    await database.execute("CREATE EXTENSION pg_stat_statements VERSION '1.7'")
    plan = await ResetStatements(connect("sandbox", database="apart")).plan(TARGET, {})
    assert plan.preconditions[0].enforced == "console"
    assert (await _run(tmp_path, plan)).verdict is Verdict.DONE
    assert await plan.steps.settled() is None


async def test_doctor_hears_what_each_role_may(connect: Connect) -> None:
    def allowed(found: object) -> dict[str, bool | None]:
        return {permit.right: permit.allowed for permit in found}  # type: ignore[attr-defined]

    assert set(allowed(await connect("sandbox").permits()).values()) == {True}
    oncall = await connect("oncall").permits()
    assert [p.right for p in oncall if not p.allowed] == ["reset pg_stat_statements"]
    nobody = {p.right: p.why for p in await connect("nobody").permits() if not p.allowed}
    assert "GRANT pg_monitor TO nobody;" in nobody["pg_read_all_stats"]
    assert set(allowed(await connect("oncall", port=1).permits()).values()) == {None}
