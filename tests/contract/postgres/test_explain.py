"""Plans of real statements, on this release and an older one; what has none, and what must not run, is refused."""

from __future__ import annotations

from typing import Any

import pytest

from providers.core.config import Thresholds
from providers.core.errors import Denied, Invalid, NotFound, TimedOut, UsageError
from providers.postgres.explain import explain, explain_known
from providers.postgres.provider import Postgres
from providers.postgres.statements import StatementReader
from tests.contract.postgres.conftest import Apply, Connect
from tests.contract.postgres.small import Small

pytestmark = pytest.mark.asyncio(loop_scope="session")
JOIN = "SELECT * FROM swaps JOIN htlcs ON swap_id = swaps.id WHERE maker LIKE '%7%' ORDER BY amount_sat"


async def test_a_plan_with_its_costliest_step(connect: Connect) -> None:
    found = await explain(connect("oncall").client, f"-- whose?\n  /* a /* nested */ one */ ({JOIN});")
    steps = {node.type: node for _, node in found.root.walk()}
    assert (found.analyzed, found.generic, found.root.time) == (False, False, None)
    scan = steps["Seq Scan"]
    assert scan.relation.startswith("public.") and scan.rows > 0
    assert sum(node.costliest for _, node in found.root.walk()) == 1
    assert found.costliest.own_cost == max(node.own_cost for _, node in found.root.walk())
    assert sum(node.own_cost for _, node in found.root.walk()) == pytest.approx(found.root.cost, rel=0.01)
    assert any("maker" in node.condition for _, node in found.root.walk())


async def test_analyze_runs_it_and_tells_times(connect: Connect) -> None:
    found = await explain(connect("oncall").client, JOIN, analyze=True)
    assert found.analyzed and found.execution is not None and found.execution > 0
    assert all(node.actual_rows is not None for _, node in found.root.walk())
    assert found.costliest.own_time == max(node.own_time or 0.0 for _, node in found.root.walk())


async def test_analyze_can_neither_write_nor_last(connect: Connect, session: Apply) -> None:
    own = await session(autocommit=True)
    before = await (await own.execute("SELECT count(*) FROM prices")).fetchone()
    client = connect("fusion_app", statement_timeout=0.3).client
    for write in ("DELETE FROM prices", "WITH gone AS (DELETE FROM prices RETURNING 1) SELECT * FROM gone"):
        with pytest.raises(Invalid, match="read-only transaction"):
            await explain(client, write, analyze=True)
        assert (await explain(client, write)).root.cost > 0
    with pytest.raises(TimedOut, match="statement timeout"):
        await explain(client, "SELECT pg_sleep(60)", analyze=True)
    after = await (await own.execute("SELECT count(*) FROM prices")).fetchone()
    assert after[0] >= before[0] - 50, "only the bridge's own work may have changed it"


@pytest.mark.parametrize(
    "text",
    ["", "DROP TABLE swaps", "VACUUM", "ANALYZE SELECT 1", "EXPLAIN SELECT 1", "-- SELECT 1", "/* open SELECT 1",
     "/* SELECT */ COPY x TO STDOUT", "CREATE TABLE x AS SELECT 1", "BEGIN", "$1", "\0SELECT 1", "EXECUTE x"],
)  # fmt: skip
async def test_what_has_no_plan_is_refused_here(connect: Connect, text: str) -> None:
    with pytest.raises(UsageError):
        await explain(connect("oncall", port=1).client, text)


@pytest.mark.parametrize("text", ["SELECT 1; DROP TABLE swaps", "SELECT $1::int; COMMIT; DELETE FROM swaps"])
async def test_a_second_statement_is_refused_by_the_server(connect: Connect, older: Small, text: str) -> None:
    with pytest.raises(Invalid, match="multiple commands"):
        await explain(connect("fusion_app").client, text)
    async with Postgres("older", older.settings(), Thresholds()) as db:
        with pytest.raises(Invalid, match="multiple commands"):
            await explain(db.client, text)


async def test_parameters_are_planned_for_any_value(connect: Connect, session: Apply) -> None:
    db, own = connect("oncall"), await session(autocommit=True)
    await own.execute("SELECT id, 'x' AS parametrised FROM swaps WHERE id = 5")
    statements = (await StatementReader(db.client).read()).statements
    known = next(one for one in statements if "parametrised" in one.query)
    assert "$1" in known.query
    found = await explain_known(db.client, known.query_id)
    assert found.generic and found.root.index == "swaps_pkey"
    with pytest.raises(UsageError, match=r"\$1 cannot be run"):
        await explain(db.client, known.query, analyze=True)
    with pytest.raises(NotFound, match="keeps no text of 7"):
        await explain_known(db.client, 7)


async def test_parameters_on_an_older_release(older: Small) -> None:
    async with Postgres("older", older.settings(), Thresholds()) as db:
        found = await explain(db.client, "SELECT * FROM pg_class WHERE oid = $1 AND relname > $2 LIMIT 3")
        assert found.generic and any("$1" in node.condition for _, node in found.root.walk())
        with pytest.raises(Invalid, match="could not determine data type"):
            await explain(db.client, "SELECT $1, count(*) FROM pg_class WHERE $2 IS NULL")


async def test_what_is_missing_is_named(connect: Connect) -> None:
    with pytest.raises(Denied) as caught:
        await explain(connect("viewer").client, "SELECT * FROM swaps")
    assert caught.value.fix == "GRANT SELECT ON TABLE swaps TO the role"
    with pytest.raises(NotFound) as absent:
        await explain(connect("oncall").client, "SELECT * FROM elsewhere")
    assert "search_path" in absent.value.fix


async def test_texts_in_a_plan_are_clean(connect: Connect) -> None:
    text = "SELECT * FROM swaps WHERE maker = E'\\x1b]52;c;x\\x07'"
    found: Any = await explain(connect("oncall").client, text)
    assert not any("\x1b" in node.condition for _, node in found.root.walk())
