"""A full screen of lines that somebody asked for: describe, YAML, revisions, help."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Footer, Static

from tui.filter import Filter
from tui.keys import bindings
from tui.text import content


class LineView(VerticalScroll):
    """Scrolls with the keys of every list."""

    BINDINGS: ClassVar[list[Any]] = bindings("view")


class TextScreen(Screen[None]):
    """Shows what `read` returns; the lines come from the core, never awaited here."""

    DEFAULT_CSS = """
    TextScreen #title { dock: top; height: 1; background: $primary 45%; text-style: bold; padding: 0 1; }
    TextScreen LineView { padding: 0 1; }
    """

    def __init__(self, title: str, lines: Sequence[str] = (), hide_after: float | None = None) -> None:
        super().__init__()
        self._title = title
        self._lines = tuple(lines) or ("reading …",)
        self._filter = Filter()
        self._hide_after = hide_after

    def compose(self) -> ComposeResult:
        yield Static(content(self._title), id="title")
        with LineView():
            yield Static(self._shown(), id="lines")
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        self.query_one(LineView).focus()
        if self._hide_after is not None:
            self.set_timer(self._hide_after, self.dismiss)

    def show(self, lines: Sequence[str]) -> None:
        """Replace what is shown."""
        self._lines = tuple(lines)
        if self.is_mounted:
            self.query_one("#lines", Static).update(self._shown())

    def set_filter(self, chosen: Filter) -> None:
        """Show only matching lines."""
        self._filter = chosen
        self.query_one("#lines", Static).update(self._shown())

    def _shown(self) -> Content:
        kept = [line for line in self._lines if self._filter.keeps(line)]
        return Content("\n").join(content(line, _style(line)) for line in kept)


def _style(line: str) -> str:
    if line.startswith("WHY"):
        return "bold $text-error"
    if line and not line.startswith(" ") and line.split(" ", 1)[0] in _HEADS:
        return "bold"
    return "$text-warning" if "  Warning  " in line else ""


_HEADS = frozenset(
    {"container", "init", "events,", "conditions", "volumes", "revision", "environment", "secret", "config"}
)
