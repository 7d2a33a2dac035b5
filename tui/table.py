"""A table that draws only visible rows, keeps its cursor on an identity, and filters, sorts and narrows itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Generic, TypeVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip

from providers.core.feed import Reading
from tui.cell import Cell, Column
from tui.cursor import Cursor
from tui.filter import Filter
from tui.ink import paper
from tui.keys import bindings
from tui.lines import Line, wrapped
from tui.panel import Panel
from tui.text import fitted
from tui.theme import glyph

V = TypeVar("V")

HEAD = 2
"""Lines above the rows: the title and the column heads."""
GUTTER = 2
"""Cells before the first column: the cursor, and a mark on what needs a human."""
GAP = 2
WIDTH_SAMPLE = 400
"""Rows that column widths are measured on."""


class TablePanel(Panel[Sequence[V]], Generic[V]):
    """Subclasses give `title`, `kind`, `columns`, and, where the defaults do not fit, `identity` and `faulty`.

    `where` says what is empty when there is nothing: "namespace fusion-bitcoin".
    """

    BINDINGS: ClassVar[list[Any]] = bindings("table")
    kind: ClassVar[str] = ""
    columns: ClassVar[Sequence[Column[Any]]] = ()

    class Selected(Message):
        """The cursor stands on another value (None: it vanished, or there is none)."""

        def __init__(self, panel: TablePanel[Any]) -> None:
            super().__init__()
            self.panel = panel

    def __init__(self, *args: Any, where: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.where = where
        self.filter = Filter()
        self.faults_only = False
        self._sort: tuple[int, bool] | None = None
        self._rows: list[V] = []
        self._hidden = 0
        self._cursor = Cursor()
        self._widths: list[tuple[Column[V], int]] = []

    def identity(self, value: V) -> str:
        """What a row is, wherever it stands."""
        return str(getattr(value, "uid", "") or getattr(value, "name", ""))

    def faulty(self, value: V) -> bool:
        """Whether a human has to look at it."""
        return not getattr(value, "healthy", True)

    def order(self, values: Sequence[V]) -> Sequence[V]:
        """The order before the operator chose another."""
        return values

    @property
    def selected(self) -> V | None:
        """The value under the cursor as seen now; None when the one that was selected has vanished."""
        return None if self._cursor.gone or not self._rows else self._rows[self._cursor.index]

    @property
    def scope(self) -> str:
        """What the list is narrowed to besides the filter: "of fusion-relayer"; "" when it is whole."""
        return ""

    def widen(self) -> bool:
        """Take back what narrows the list; False when nothing did."""
        narrowed = bool(self.filter.text) or self.faults_only
        self.filter, self.faults_only = Filter(), False
        if narrowed:
            self._refill(chosen=True)
        return narrowed

    def paint(self, reading: Reading[Sequence[V]]) -> None:
        self._refill()

    def set_filter(self, chosen: Filter) -> None:
        """Show only what the filter keeps."""
        self.filter = chosen
        self._refill(chosen=True)

    def _refill(self, *, chosen: bool = False) -> None:
        """`chosen`: the operator wants another part of the list, it did not change by itself."""
        every = self.order(self.reading.value or ())
        kept = [v for v in every if self._keeps(v)] if self.faults_only or self.filter.text else list(every)
        if self._sort is not None:
            column, reverse = self.columns[self._sort[0]], self._sort[1]
            kept.sort(key=lambda v: _sortable(column.order(v)), reverse=reverse)
        before = self.selected
        self._rows, self._hidden = kept, len(every) - len(kept)
        self._cursor.settle([self.identity(v) for v in kept], chosen=chosen)
        if (before is None) != (self.selected is None) or before is None:
            self.post_message(self.Selected(self))
        self._measure()
        self.virtual_size = Size(self.breadth, len(kept) + HEAD)
        self.refresh()

    def _keeps(self, value: V) -> bool:
        if self.faults_only and not self.faulty(value):
            return False
        if not self.filter.text:
            return True
        text = " ".join(column.cell(value).text for column in self.columns)
        return self.filter.keeps(text, getattr(value, "labels", None))

    def _measure(self) -> None:
        """Widths by content, bounded; what does not fit drops its least important columns."""
        sample = self._rows[:WIDTH_SAMPLE]
        wanted = {
            c.title: min(c.width, max([len(self._head(c)), *(len(c.cell(v).text) for v in sample)]))
            for c in self.columns
        }
        shown = list(self.columns)
        room = max(10, self.breadth - GUTTER)
        while len(shown) > 1 and sum(wanted[c.title] + GAP for c in shown if not c.flex) + _least(shown) > room:
            shown.remove(min(shown, key=lambda c: (c.weight, -shown.index(c))))
        spare = room - sum(wanted[c.title] + GAP for c in shown if not c.flex) - (0 if shown[-1].flex else GAP)
        self._widths = [(c, max(8, spare) if c.flex else wanted[c.title]) for c in shown]

    def on_resize(self, event: events.Resize) -> None:
        self._measure()
        self.virtual_size = Size(self.breadth, len(self._rows) + HEAD)

    def render_line(self, y: int) -> Strip:
        width = self.breadth
        if y == 0:
            return self._title_line(width)
        if y == 1:
            return self._head_line(width)
        row = y - HEAD + self.scroll_offset.y
        if row < len(self._rows):
            return self._row_line(row, width)
        return self._blank_line(width, y)

    def _title_line(self, width: int) -> Strip:
        words, style = self.freshness()
        counted = f" {len(self._rows)}" + (f" of {len(self._rows) + self._hidden}" if self._hidden else "")
        marks = f" {self.scope}" if self.scope else ""
        marks += f" /{self.filter.text.strip('/')}/" if self.filter.text else ""
        marks += " faults only" if self.faults_only else ""
        marks += " · the selected one is gone" if self._cursor.gone else ""
        left = f"{glyph('▸', '>') if self.has_focus else ' '}{self.title}{counted}{marks} "
        base = self.style_of("focus" if self.has_focus else "title")
        left = fitted(left, min(len(left), width))
        room = width - len(left)
        right = fitted(words, min(room, cell_len(words)))
        filling = " " * (room - cell_len(right))
        return Strip([Segment(left, base), Segment(filling, base), Segment(right, base + self.ink_of(style))])

    def _head_line(self, width: int) -> Strip:
        segments = [Segment(" " * GUTTER, self.style_of("head"))]
        for column, room in self._widths:
            head = fitted(self._head(column), room, right=column.right)
            segments.append(Segment(head + " " * GAP, self.style_of("head")))
        return Strip(segments).adjust_cell_length(width, self.style_of(""))

    def _head(self, column: Column[V]) -> str:
        if self._sort is None or self.columns[self._sort[0]] is not column:
            return column.title
        return column.title + (glyph("▼", "v") if self._sort[1] else glyph("▲", "^"))

    def _row_line(self, row: int, width: int) -> Strip:
        value = self._rows[row]
        at_cursor = row == self._cursor.index and not self._cursor.gone
        under = self.style_of("cursor") if at_cursor and self.has_focus else Style()
        pointer, mark = glyph("▌", ">") if at_cursor else " ", "!" if self.faulty(value) else " "
        segments = [
            Segment(pointer, self.style_of("accent") + paper(under)),
            Segment(mark, self.style_of("fail") + paper(under)),
        ]
        for column, room in self._widths:
            cell: Cell = column.cell(value)
            style = self.style_of("muted" if not self.current and not cell.style else cell.style)
            segments.append(Segment(fitted(cell.text, room, right=column.right) + " " * GAP, style + paper(under)))
        return Strip(segments).adjust_cell_length(width, self.style_of("") + paper(under))

    def _blank_line(self, width: int, y: int) -> Strip:
        words, style = self._empty() if not self._rows else ("", "")
        rows = dict(enumerate(wrapped(Line(words), max(10, width - 1)), HEAD))
        return Strip([Segment(fitted(f" {rows.get(y, '')}", width), self.style_of(style))])

    def _empty(self) -> tuple[str, str]:
        if self.reading.fault is not None:
            return self.freshness()[0], "fail"
        if self.reading.at is None:
            return "waiting …", "muted"
        if self._hidden:
            why = "only faults are shown" if self.faults_only else f"none match {self.filter.text}"
            return f"{why} ({self._hidden} hidden, esc clears)", "muted"
        return f"no {self.title.lower()}" + (f" in {self.where}" if self.where else ""), "muted"

    def action_move(self, by: int) -> None:
        self._go(self._cursor.index + by)

    def action_half(self, halves: int) -> None:
        self._go(self._cursor.index + halves * max(1, (self.size.height - HEAD) // 2))

    def action_top(self) -> None:
        self._go(0)

    def action_bottom(self) -> None:
        self._go(len(self._rows) - 1)

    def action_sort(self) -> None:
        at = -1 if self._sort is None else self._sort[0]
        self._sort = None if at + 1 >= len(self.columns) else (at + 1, False)
        self._refill()

    def action_reverse(self) -> None:
        if self._sort is not None:
            self._sort = (self._sort[0], not self._sort[1])
            self._refill()

    def action_faults(self) -> None:
        self.faults_only = not self.faults_only
        self._refill(chosen=True)

    def on_click(self, event: events.Click) -> None:
        row = event.y - HEAD + self.scroll_offset.y
        if event.y >= HEAD and row < len(self._rows):
            self._go(row)

    def _go(self, index: int) -> None:
        if not self._rows:
            return
        at = min(max(0, index), len(self._rows) - 1)
        self._cursor.go(at, self.identity(self._rows[at]))
        height = self.size.height - HEAD
        if at < self.scroll_offset.y:
            self.scroll_to(y=at, animate=False)
        elif at >= self.scroll_offset.y + height:
            self.scroll_to(y=at - height + 1, animate=False)
        self.refresh()
        self.post_message(self.Selected(self))


def _least(columns: Sequence[Column[Any]]) -> int:
    return 20 if any(c.flex for c in columns) else 0


def _sortable(value: Any) -> tuple[bool, Any]:
    """Nothing sorts before everything."""
    return (value is not None, value if value is not None else 0)
