"""Database and cache: pages of panels over PostgreSQL, Redis and what AWS says of both."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Footer, Static

from providers.aws.provider import Aws
from providers.core.asked import Asked
from providers.core.provider import Provider
from providers.core.runtime import Core
from providers.core.site import Site
from providers.postgres.explain import explain, explain_known
from providers.postgres.provider import Postgres
from providers.postgres.timing import connect_timing
from providers.postgres.values import Backend, Statement
from providers.redis.flush import target_of
from providers.redis.provider import Redis
from screens.database.details import backend_lines, hop_lines, node_lines, plan_lines, statement_lines
from screens.database.pages import PAGES, Page, Systems
from screens.database.panels import Activity, Blocking, Selection, StatementTable, Transactions
from tui.clipboard import copy
from tui.header import Header
from tui.keys import KEYS, bindings, pretty
from tui.lines import Line
from tui.page import Lines, PageScreen
from tui.screen import ModeScreen
from tui.table import TablePanel
from tui.text import content
from tui.view import TextScreen

WIDE, TALL = 120, 34
"""Columns from which two tables stand side by side, and rows from which more than one is open at a time."""


class DatabaseScreen(ModeScreen):
    """One page at a time listens; a small terminal opens only the table that has the focus."""

    DEFAULT_CSS = """
    DatabaseScreen #pages { height: 1; padding: 0 1; background: $panel; }
    DatabaseScreen Page { height: 1fr; }
    DatabaseScreen .missing { padding: 1 2; }
    DatabaseScreen TablePanel { height: 1fr; min-height: 4; }
    DatabaseScreen Activity { height: 3fr; }
    DatabaseScreen .pair { height: 2fr; min-height: 4; }
    DatabaseScreen .pair TablePanel { width: 1fr; height: 100%; }
    DatabaseScreen.-narrow .pair { layout: vertical; }
    DatabaseScreen.-narrow .pair TablePanel { height: 1fr; width: 100%; }
    DatabaseScreen.-short TablePanel { height: 1; min-height: 1; }
    DatabaseScreen.-short .pair { layout: vertical; height: auto; min-height: 1; }
    DatabaseScreen.-short .pair TablePanel { height: 1; width: 100%; }
    DatabaseScreen.-short RdsGlance, DatabaseScreen.-short ElastiCacheGlance { max-height: 2; }
    DatabaseScreen.-short .-open { height: 1fr; }
    DatabaseScreen.-short .pair .-open { height: 1fr; }
    """
    BINDINGS: ClassVar[list[Any]] = bindings("database")
    places = ("table", "database")

    def __init__(self, core: Core, site: Site) -> None:
        super().__init__()
        self._core = core
        self._site = site
        self._systems = Systems(
            core, _found(site, "postgres", Postgres), _found(site, "redis", Redis), _found(site, "aws", Aws)
        )
        self._at = 0

    def compose(self) -> ComposeResult:
        yield Header(self._core, self._site)
        yield Static(id="pages", markup=False)
        for at, kind in enumerate(PAGES):
            page = Page(kind, self._systems)
            page.display = at == self._at
            yield page
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        super().on_mount()
        self._turn_to(0)

    def on_resize(self, event: events.Resize) -> None:
        self.set_class(event.size.width < WIDE, "-narrow")
        self.set_class(event.size.height < TALL, "-short")

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Where only one table is open, it is the one that is looked at."""
        for open_before in self.query(".-open"):
            open_before.remove_class("-open")
        for widget in event.widget.ancestors_with_self:
            if isinstance(widget, TablePanel | Horizontal):
                widget.add_class("-open")

    @property
    def page(self) -> Page:
        """The page that is shown."""
        return self.query(Page)[self._at]

    def action_page(self, at: int) -> None:
        self._turn_to(at)

    def action_turn(self, by: int) -> None:
        self._turn_to((self._at + by) % len(PAGES))

    def _turn_to(self, at: int) -> None:
        self._at = at
        for number, page in enumerate(self.query(Page)):
            page.display = number == at
        self.query_one("#pages", Static).update(self._tabs())
        self.listen()
        tables = self.page.query(TablePanel)
        if tables:
            tables.first().focus()

    def _tabs(self) -> Content:
        keys = [key for key in KEYS if key.where == "database" and key.action.startswith("page(")]
        labels = zip(keys, PAGES, strict=True)
        parts = [
            content(f" {pretty(key.keys)} {kind.label} ", "bold reverse" if at == self._at else "")
            for at, (key, kind) in enumerate(labels)
        ]
        return Content(" ").join(parts)

    def target(self) -> Selection | None:
        """What the focused table has selected; on the cache's page the cache itself."""
        focused = self.focused
        ask = getattr(focused, "target", None)
        if ask is not None:
            found: Selection | None = ask()
            return found
        if self.page.id == "cache" and self._systems.redis is not None:
            return target_of(self._systems.redis.client), {}
        return None

    def action_open(self) -> None:
        """Everything known of the selected row."""
        row = self._selected
        if isinstance(self.focused, Blocking) and self.focused.selected is not None:
            self._show(f"backend/{self.focused.selected.pid}", tuple(node_lines(self.focused.selected)))
        elif isinstance(row, Backend):
            self._show(f"backend/{row.pid}", tuple(backend_lines(row)))
        elif isinstance(row, Statement):
            self._show(f"statement {row.query_id}", tuple(statement_lines(row)))
        else:
            self._open_cells()

    def _open_cells(self) -> None:
        """A row of any other table, one column a line."""
        focused = self.focused
        value = focused.selected if isinstance(focused, TablePanel) else None
        if value is None or not isinstance(focused, TablePanel):
            self.fusion.say("Nothing is selected.", "warning")
            return
        cells = ((column.title, column.cell(value)) for column in focused.columns)
        lines = tuple(Line(f"{title:<16} {cell.text}", cell.style, 17) for title, cell in cells)
        self._show(focused.title, lines)

    def _show(self, title: str, lines: Sequence[Line]) -> None:
        self.app.push_screen(TextScreen(title, lines))

    @property
    def _selected(self) -> Backend | Statement | None:
        """The session or statement under the cursor."""
        focused = self.focused
        if isinstance(focused, Activity | StatementTable):
            return focused.selected
        if isinstance(focused, Transactions | Blocking) and focused.selected is not None:
            return focused.selected.backend
        return None

    def action_explain(self) -> None:
        """EXPLAIN, without running it."""
        postgres, row = self._systems.postgres, self._selected
        if postgres is None or row is None or row.hidden:
            self.fusion.say("Select a session or a statement whose text is shown.", "warning")
            return
        known = isinstance(row, Statement)
        read = partial(_explained, postgres, row.query_id if known else 0, row.query)
        title = f"plan of statement {row.query_id}" if known else f"plan of what backend {getattr(row, 'pid', 0)} runs"
        self.app.push_screen(PageScreen(self._core, title, Asked("explain", postgres.source, read)))

    def action_copy(self) -> None:
        """The statement to the clipboard of the terminal."""
        row = self._selected
        if row is None or row.hidden:
            self.fusion.say("Select a session or a statement whose text is shown.", "warning")
        else:
            sent = copy(self.app, row.query)
            self.fusion.say("Sent to the terminal's clipboard." if sent else "It is too long for a clipboard.")

    def action_least(self, by: int) -> None:
        self.query_one(Activity).set_least(by)

    def action_way(self) -> None:
        """The way to the database, timed hop by hop."""
        postgres = self._systems.postgres
        if postgres is None:
            self.fusion.say("No database is configured.", "warning")
            return
        feed = Asked("way", postgres.source, partial(_way, postgres))
        self.app.push_screen(PageScreen(self._core, f"the way to {postgres.client.target}", feed))

    def on_table_panel_selected(self, message: TablePanel.Selected) -> None:
        message.stop()


def _found(site: Site, name: str, kind: type[Any]) -> Any:
    provider: Provider | None = next((p for p in site.providers if p.name == name), None)
    return provider if isinstance(provider, kind) else None


async def _explained(postgres: Postgres, query_id: int, text: str) -> Lines:
    plan = explain_known(postgres.client, query_id) if query_id else explain(postgres.client, text)
    return tuple(plan_lines(await plan))


async def _way(postgres: Postgres) -> Lines:
    return tuple(hop_lines(await connect_timing(postgres.client)))
