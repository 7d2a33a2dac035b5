"""The window onto a log: only what one can see is decoded and coloured, and it never moves under the reader."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from itertools import islice
from typing import Any, ClassVar, Final

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from providers.logs.book import Book
from providers.logs.line import Line
from tui.chart import chart
from tui.filter import Filter
from tui.keys import bindings
from tui.logline import Look
from tui.logwindow import Place, Row, window
from tui.text import fitted

SLICE: Final = 0.008
"""Seconds of work at a time: a key pressed meanwhile waits no longer."""
_HUES: Final = ("cyan", "green", "magenta", "yellow", "blue", "bright_cyan", "bright_green", "bright_magenta")

_LOOKS: Final = """
Tail {
    background: $background; width: 1fr; height: 1fr;
    & .tail--error { color: $text-error; text-style: bold; }
    & .tail--warn { color: $text-warning; }
    & .tail--muted { color: $foreground 60%; }
    & .tail--title { background: $primary 45%; color: $foreground; text-style: bold; }
    & .tail--note { background: $panel; color: $foreground; }
    & .tail--cursor { background: $panel-lighten-2; text-style: bold; }
    &:ansi .tail--title { background: ansi_default; color: ansi_default; text-style: bold reverse; }
    &:ansi .tail--note { background: ansi_default; color: ansi_default; }
    &:ansi .tail--cursor { background: ansi_default; text-style: bold reverse; }
}
"""


class Tail(Widget, can_focus=True):
    """Draws a `Book`. `heads` are the rows above the lines, as (text, style) made anew for every picture.

    `cursor` is the number of the line one stands on; None while following: then the newest line stays in sight.
    """

    BINDINGS: ClassVar[list[Any]] = bindings("tail")
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "tail--plain", "tail--error", "tail--warn", "tail--muted", "tail--title", "tail--note", "tail--cursor",
    }  # fmt: skip
    DEFAULT_CSS = _LOOKS
    places = ("tail",)

    def __init__(self, book: Book, heads: Callable[[int], Sequence[tuple[str, str]]]) -> None:
        super().__init__()
        self.book = book
        self.look = Look()
        self.filter = Filter()
        self.cursor: int | None = None
        self.missed = 0
        self._heads = heads
        self._top = 0
        self._working = False
        self._drawn: list[Strip] = []
        self._strips: dict[Row, Strip] = {}

    @property
    def following(self) -> bool:
        return self.cursor is None

    def put(self, lines: Sequence[Line]) -> None:
        """Take over new lines."""
        self.book.put(lines)
        if not self.following:
            self.missed += len(lines)
        self.think()
        self.refresh()

    def think(self) -> None:
        """Look at what has not been looked at yet, a slice at a time."""
        if not self._working and self.book.behind:
            self._working = True
            self.run_worker(self._think(), group="think", exit_on_error=False)

    async def _think(self) -> None:
        try:
            while self.book.work(SLICE):
                self.refresh()
                await asyncio.sleep(SLICE / 2)
        finally:
            self._working = False
            self.refresh()

    def set_filter(self, chosen: Filter) -> None:
        """Show only matching lines, of those kept and of those to come."""
        self.filter = chosen
        self.book.narrow(None if not chosen.text else lambda lines: _kept(chosen, lines))
        self.think()
        self.refresh()

    def on_resize(self) -> None:
        self._strips.clear()

    def widen(self) -> bool:
        """Show every line again; False when nothing was filtered."""
        filtered = bool(self.filter.text)
        if filtered:
            self.set_filter(Filter())
        return filtered

    def clear(self) -> None:
        """Forget every line."""
        self.book.clear()
        self.cursor, self.missed = None, 0
        self.refresh()

    def render_lines(self, crop: Region) -> list[Strip]:
        # Drawn as a whole, since what a row is depends on how many rows its neighbours take; handed on line by line,
        # since only then the application's filters see it: the guard, and what takes colours away.
        self._drawn = self._picture()
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        return self._drawn[y] if y < len(self._drawn) else Strip.blank(self.size.width)

    def _picture(self) -> list[Strip]:
        width, height = self.size.width, self.size.height
        heads = [self._head(text, style) for text, style in self._heads(width)]
        if self.look.chart and height >= 16:
            muted, bad = (self.get_component_rich_style(f"tail--{name}") for name in ("muted", "error"))
            heads.append(chart(self.book.histogram, width, muted, bad))
        room = max(0, height - len(heads))
        found, place = window(self.book, self.look, Place(self.cursor, self._top), room, width)
        self.cursor, self._top = place
        # What only moved is not drawn anew.
        self._strips = {row: self._strips.get(row) or self._strip(row, width) for row in found}
        rows = [self._lit(self._strips[row], row) for row in found]
        blank = Strip.blank(width, self.get_component_rich_style("tail--plain"))
        return [*heads, *rows, *[blank] * (room - len(rows))][:height]

    def _head(self, text: str, style: str) -> Strip:
        return Strip([Segment(fitted(text, self.size.width), self.get_component_rich_style(f"tail--{style}"))])

    def _strip(self, row: Row, width: int) -> Strip:
        found, first = row.drawn, row.part == 0
        muted = self.get_component_rich_style("tail--muted")
        level = {"fatal": "error", "error": "error", "warn": "warn"}.get(found.level, "plain")
        style = self.get_component_rich_style(f"tail--{level}")
        lead = [(found.stamp, muted), (found.name, muted + Style(color=_HUES[found.hue])), (found.sign, style)]
        segments = [Segment(text if first else " " * len(text), chosen) for text, chosen in lead]
        room = max(0, width - sum(len(text) for text, _ in lead))
        segments.append(Segment(fitted(found.rows[row.part], room), style))
        return Strip(segments).adjust_cell_length(width, style)

    def _lit(self, strip: Strip, row: Row) -> Strip:
        return strip.apply_style(self.get_component_rich_style("tail--cursor")) if row.number == self.cursor else strip

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._strips.clear()

    def _stand(self) -> int | None:
        """The line one stands on; the newest while following."""
        numbers = self.book.numbers
        if not numbers:
            return None
        return numbers[-1] if self.cursor is None else self.cursor

    @property
    def selected(self) -> Line | None:
        """The line one stands on."""
        number = self._stand()
        return None if number is None or number < self.book.ring.first else self.book.ring[number]

    def chosen(self) -> list[Line]:
        """The marked lines, else the one that one stands on."""
        marked = [self.book.ring[number] for number in sorted(self.book.marks)]
        return marked or [line for line in (self.selected,) if line is not None]

    def shown(self) -> list[Line]:
        """Every line that is shown, and kept."""
        return [self.book.ring[number] for number in islice(self.book.numbers, None)]

    def _go(self, number: int | None) -> None:
        if number is None:
            self.app.bell()
            return
        if self.following:
            self._top = max(0, number - self.size.height)
        self.cursor = number
        self.refresh()

    def action_move(self, by: int) -> None:
        """Down or up by lines; down from the newest follows again."""
        stand, numbers = self._stand(), self.book.numbers
        if stand is None:
            return
        place = self.book.place(stand) + by
        if place >= len(numbers):
            self.action_follow()
        else:
            self._go(numbers[max(0, place)])

    def action_page(self, by: int) -> None:
        """Down or up by pages."""
        self.action_move(by * max(1, self.size.height - 6))

    def action_first(self) -> None:
        numbers = self.book.numbers
        self._go(numbers[0] if numbers else None)

    def action_follow(self) -> None:
        self.cursor, self.missed = None, 0
        self.refresh()

    def action_pause(self) -> None:
        if self.following:
            self._go(self._stand())
        else:
            self.action_follow()

    def action_look(self, what: str) -> None:
        """Stamps, wrap, pretty, names or chart."""
        self.look = self.look._replace(**{what: not getattr(self.look, what)})
        self.refresh()

    def action_error(self, direction: int) -> None:
        """The next or previous line that is an error."""
        stand = self._stand()
        if stand is not None:
            # While following one stands behind the newest line: the only way to an error is back.
            found = self.book.error_from(stand + 1, -1) if self.following else self.book.error_from(stand, direction)
            self._go(found)

    def action_mark(self) -> None:
        """Mark the line one stands on, or take its mark away."""
        stand = self._stand()
        if stand is not None:
            self.book.marks ^= {stand}
            self._go(stand)

    def action_to_mark(self, direction: int) -> None:
        stand = self._stand()
        self._go(None if stand is None else self.book.mark_from(stand, direction))

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        self.action_move(3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        self.action_move(-3)


def _kept(chosen: Filter, lines: Sequence[Line]) -> list[int]:
    return [at for at, line in enumerate(lines) if chosen.keeps(line.text[:4096].decode("utf-8", "replace"))]
