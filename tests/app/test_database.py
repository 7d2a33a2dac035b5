"""The Database screen on real servers: what an operator finds, and what becomes of what is done."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from screens.database.glance import DatabaseGlance
from screens.database.panels import Activity, Blocking, CacheClients, ManagedDatabases, StatementTable
from tests.app.estate import Estate, an_estate, on_estate
from tui.confirm import Confirm
from tui.menu import ActionMenu
from tui.outcome import OutcomeScreen


@pytest.fixture(scope="module")
def where() -> Iterator[dict[str, Any]]:
    with an_estate() as found:
        yield found


@pytest.fixture
def credentials(where: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """The account's, found as AWS tools find them."""
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", where["aws_credentials"])
    monkeypatch.setenv("AWS_CONFIG_FILE", where["aws_config"])


async def _database(estate: Estate, page: str = "f2") -> None:
    await estate.pilot.press("3")
    await estate.until(lambda: estate.app.current_mode == "database")
    await estate.pilot.press(page)
    await estate.read()


@pytest.mark.usefixtures("credentials")
async def test_every_page_shows_what_its_server_says(where: dict[str, Any], tmp_path: Path) -> None:
    async with on_estate(tmp_path, where) as estate:
        await _database(estate)
        for page, words in (
            ("f2", "primary PostgreSQL"),
            ("f3", "SELECT * FROM swaps"),
            ("f4", "fusion-bitcoin-relayer"),
            ("f5", "valkey"),
            ("f6", "aurora-postgresql"),
        ):
            await estate.pilot.press(page)
            await estate.shows(words)


@pytest.mark.usefixtures("credentials")
async def test_only_the_page_that_is_looked_at_asks(where: dict[str, Any], tmp_path: Path) -> None:
    async with on_estate(tmp_path, where) as estate:
        await _database(estate, "f5")
        assert estate.panel(CacheClients).feed.listeners == 1
        assert estate.panel(StatementTable).feed.listeners == 0
        await estate.pilot.press("left_square_bracket", "left_square_bracket")
        await estate.until(lambda: estate.panel(StatementTable).feed.listeners == 1)
        await estate.until(lambda: estate.panel(CacheClients).feed.listeners == 0)
        await estate.pilot.press("1")
        await estate.until(lambda: estate.app.site.provider("postgres").feeds["statements"].listeners == 0)


@pytest.mark.usefixtures("credentials")
async def test_the_root_of_a_lock_tree_is_found_ended_and_the_rest_goes_on(
    where: dict[str, Any], tmp_path: Path
) -> None:
    async with on_estate(tmp_path, where) as estate:
        await _database(estate)
        estate.break_("lock-tree")
        try:
            blocking = estate.panel(Blocking)
            await estate.until(lambda: len(blocking._rows) >= 3, "the tree is there")
            root = blocking._rows[0]
            assert root.holds_up >= 2 and root.depth == 0
            blocking.focus()
            blocking.action_top()
            await estate.pilot.press("enter")
            await estate.shows(f"holds up {root.holds_up} sessions")
            await estate.pilot.press("escape", "a")
            await estate.until(lambda: isinstance(estate.app.screen, ActionMenu))
            await estate.pilot.press("j", "enter")
            await estate.until(lambda: isinstance(estate.app.screen, Confirm))
            await estate.settled()
            await estate.pilot.press("tab", "enter")
            await estate.until(lambda: estate.app.site.gate.armed)
            await estate.settled()
            await estate.pilot.press(*str(root.pid), "enter")
            await estate.until(lambda: isinstance(estate.app.screen, OutcomeScreen))
            await estate.shows("DONE: pg_terminate_backend")
            await estate.pilot.press("escape")
            await estate.until(lambda: not any(n.pid == root.pid for n in blocking._rows), "it is gone")
        finally:
            estate.heal()


@pytest.mark.usefixtures("credentials")
async def test_a_statement_is_read_whole_and_explained(where: dict[str, Any], tmp_path: Path) -> None:
    async with on_estate(tmp_path, where) as estate:
        await _database(estate, "f3")
        table = estate.panel(StatementTable)
        await estate.until(lambda: any("JOIN htlcs" in s.query for s in table._rows))
        table._go(next(at for at, s in enumerate(table._rows) if "JOIN htlcs" in s.query))
        await estate.pilot.press("enter")
        await estate.shows("standard deviation")
        await estate.pilot.press("escape", "x")
        await estate.shows("costliest step")
        await estate.shows("COSTLIEST")


@pytest.mark.usefixtures("credentials")
async def test_a_dead_database_costs_its_own_panels_and_says_so(where: dict[str, Any], tmp_path: Path) -> None:
    async with on_estate(tmp_path, where) as estate:
        await _database(estate)
        estate.break_("db-down")
        try:
            await estate.until(lambda: estate.panel(DatabaseGlance).reading.state == "down", "the glance is down")
            await estate.shows("DOWN")
            assert {line.style for line in estate.panel(DatabaseGlance)._lines} == {"muted"}
            await estate.pilot.press("f5")
            await estate.until(lambda: estate.panel(CacheClients).current, "the cache goes on")
        finally:
            estate.heal()
        await estate.pilot.press("f2")
        await estate.until(lambda: estate.panel(Activity).current, "the database is back")


@pytest.mark.usefixtures("credentials")
async def test_a_small_terminal_opens_the_table_that_has_the_focus(where: dict[str, Any], tmp_path: Path) -> None:
    async with on_estate(tmp_path, where, size=(80, 24)) as estate:
        await _database(estate, "f6")
        await estate.shows("f6 RDS")
        first = estate.panel(ManagedDatabases)
        await estate.until(lambda: first.size.height > 5)
        await estate.pilot.press("tab")
        await estate.until(lambda: first.size.height == 1)
        await estate.shows("ElastiCache 1")
