"""Lines to read: wrapped to the window, scrolled with the keys of every list, searched with / n N."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any, ClassVar, NamedTuple

from rich.cells import cell_len, chop_cells
from rich.segment import Segment
from textual import events
from textual.geometry import Size
from textual.strip import Strip

from providers.core.secret import redact
from providers.core.text import clean
from tui.filter import Filter
from tui.ink import Inked
from tui.keys import bindings
from tui.text import fitted
from tui.theme import glyph

MARGIN = 2
"""Cells before the text: the mark of a line that was found."""
TITLE = 1


class Line(NamedTuple):
    """A line, the name of its style, and how far in its continuation begins when it has to be wrapped."""

    text: str
    style: str = ""
    hang: int = 0


class LineView(Inked):
    """`title` stands above, and at its right whatever `note` says."""

    BINDINGS: ClassVar[list[Any]] = bindings("view")
    places = ("view",)

    def __init__(self, *args: Any, title: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.heading = title
        self.filter = Filter()
        self._lines: tuple[Line, ...] = ()
        self._rows: list[tuple[int, str]] = []
        self._found: list[int] = []
        self._at: int | None = None

    def show(self, lines: Sequence[Line | str]) -> None:
        """Replace what is shown; whoever has scrolled stays where they are."""
        whole = (line if isinstance(line, Line) else Line(line) for line in lines)
        self._lines = tuple(line._replace(text=redact(clean(line.text))) for line in whole)
        self._search()
        self._layout()

    def note(self) -> tuple[str, str]:
        """(words, style) at the right of the title."""
        return "", ""

    def set_filter(self, chosen: Filter) -> None:
        """Mark what is found, leave the rest for its context, and go to the first from here on."""
        self.filter = chosen
        self._at = None
        self._search()
        if self._found:
            self._to(next((n for n, line in enumerate(self._found) if line >= self._top), 0))
        self.refresh()

    def widen(self) -> bool:
        """Take the search back; False when there was none."""
        searched = bool(self.filter.text)
        self.set_filter(Filter())
        return searched

    def action_match(self, by: int) -> None:
        """The next or previous line that was found, over the end back to the beginning."""
        if not self._found:
            self.app.bell()
        else:
            self._to((-1 if self._at is None else self._at) + by)

    def action_move(self, by: int) -> None:
        self.scroll_to(y=self.scroll_offset.y + by, animate=False)

    def action_half(self, halves: int) -> None:
        self.action_move(halves * max(1, (self.size.height - TITLE) // 2))

    def action_top(self) -> None:
        self.scroll_to(y=0, animate=False)

    def action_bottom(self) -> None:
        self.scroll_to(y=self.virtual_size.height, animate=False)

    def on_resize(self, event: events.Resize) -> None:
        top = self._top
        self._layout()
        self._scroll_to_line(top)

    def on_focus(self) -> None:
        self.refresh()

    @property
    def _top(self) -> int:
        """The line at the top of the window."""
        return self._rows[min(int(self.scroll_offset.y), len(self._rows) - 1)][0] if self._rows else 0

    def _search(self) -> None:
        wanted = self.filter
        self._found = [at for at, line in enumerate(self._lines) if wanted.text and wanted.keeps(line.text)]

    def _to(self, number: int) -> None:
        self._at = number % len(self._found)
        self._scroll_to_line(self._found[self._at], margin=2)
        self.refresh()

    def _scroll_to_line(self, line: int, margin: int = 0) -> None:
        row = next((at for at, (owner, _) in enumerate(self._rows) if owner >= line), 0)
        self.scroll_to(y=max(0, row - margin), animate=False)

    def _layout(self) -> None:
        room = max(10, self.breadth - MARGIN)
        self._rows = [(at, row) for at, line in enumerate(self._lines) for row in wrapped(line, room)]
        self.virtual_size = Size(self.breadth, len(self._rows) + TITLE)
        self.refresh()

    def render_line(self, y: int) -> Strip:
        width = self.breadth
        if y < TITLE:
            return self._title_line(width)
        row = y - TITLE + int(self.scroll_offset.y)
        if row >= len(self._rows):
            return Strip.blank(width, self.style_of(""))
        owner, text = self._rows[row]
        style = self.style_of(self._lines[owner].style)
        mark = glyph("▌", ">") if self.filter.text and owner in self._found else " "
        here = self._at is not None and owner == self._found[self._at]
        ink = self.style_of("cursor") if here else style
        return Strip([Segment(f"{mark} ", self.style_of("accent")), Segment(fitted(text, width - MARGIN), ink)])

    def _title_line(self, width: int) -> Strip:
        base = self.style_of("focus" if self.has_focus else "title")
        words, style = self.note()
        left = fitted(f" {self.heading}{self._tally()} ", min(width, cell_len(self.heading + self._tally()) + 2))
        room = width - cell_len(left)
        right = fitted(words, min(room, cell_len(words)))
        gap = " " * (room - cell_len(right))
        return Strip([Segment(left + gap, base), Segment(right, base + self.ink_of(style))])

    def _tally(self) -> str:
        if not self.filter.text:
            return ""
        at = "nothing found" if self._at is None else f"{self._at + 1} of {len(self._found)}"
        return f"  /{self.filter.text.strip('/')}/ {at}"


def wrapped(line: Line, room: int) -> list[str]:
    """The rows of one line in `room` cells."""
    if cell_len(line.text) <= room:
        return [line.text]
    # textwrap counts characters, which is right only where each takes one cell.
    if not line.text.isascii() and any(cell_len(sign) != 1 for sign in line.text):
        return chop_cells(line.text, room)
    hang = " " * min(line.hang, room // 2)
    rows = textwrap.wrap(
        line.text, room, subsequent_indent=hang, replace_whitespace=False, expand_tabs=False, break_on_hyphens=False
    )
    return rows or [""]
