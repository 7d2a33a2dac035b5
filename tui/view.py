"""A full screen of lines that are there already: help, one log line, the content of a config map."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.screen import Screen
from textual.widgets import Footer

from tui.lines import Line, LineView


class TextScreen(Screen[None]):
    """Shows the lines it is given."""

    places = ("view",)

    def __init__(self, title: str, lines: Sequence[Line | str]) -> None:
        super().__init__()
        self._view = LineView(title=title)
        self._view.show(lines)

    def compose(self) -> ComposeResult:
        yield self._view
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        self._view.focus()
