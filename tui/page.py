"""A full screen of lines read from a system: they say how old they are, and what is wrong when they cannot be read."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.widgets import Footer

from providers.core.feed import Feed, Reading
from providers.core.runtime import Core
from tui.lines import Line, LineView
from tui.panel import Panel
from tui.screen import ModeScreen

Lines = Sequence[Line]


# A panel first: Textual looks only among first bases when it is asked for all panels of a screen.
class PagePanel(Panel[Lines], LineView):
    """The lines of a feed."""

    title = "Page"
    places = ("view",)

    def __init__(self, core: Core, feed: Feed[Lines], heading: str) -> None:
        super().__init__(core, feed)
        self.heading = heading

    def paint(self, reading: Reading[Lines]) -> None:
        if reading.value is not None:
            self.show(reading.value)
        else:
            words, style = self.freshness()
            self.show((Line(words, style),))

    def note(self) -> tuple[str, str]:
        return self.freshness()


class PageScreen(ModeScreen):
    """One page, read while it is looked at."""

    places = ("view",)

    def __init__(self, core: Core, title: str, feed: Feed[Lines]) -> None:
        super().__init__()
        self._panel = PagePanel(core, feed, title)

    def compose(self) -> ComposeResult:
        yield self._panel
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        super().on_mount()
        self._panel.focus()
