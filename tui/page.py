"""A full screen of lines read from a system: they say how old they are, and what is wrong when they cannot be read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, TypeVar

from textual.app import ComposeResult
from textual.widgets import Footer

from providers.core.feed import Feed, Reading
from providers.core.runtime import Core
from tui.lines import Line, LineView
from tui.panel import Panel
from tui.screen import ModeScreen

Lines = Sequence[Line]
T = TypeVar("T")


# A panel first: Textual looks only among first bases when it is asked for all panels of a screen.
class LinesPanel(Panel[T], LineView, Generic[T]):
    """What a feed gives, as lines; before that, what it waits for or why it is not there."""

    places = ("view",)

    def __init__(self, core: Core, feed: Feed[T], heading: str) -> None:
        super().__init__(core, feed)
        self.heading = heading

    def lines(self, value: T) -> Lines:
        """What is shown of a value (subclasses)."""
        raise NotImplementedError

    def paint(self, reading: Reading[T]) -> None:
        if reading.value is None:
            self.show((Line(*self.freshness()),))
        elif self.current:
            self.show(self.lines(reading.value))
        else:
            # What was true once is not drawn like what is true now.
            self.show([line._replace(style="muted") for line in self.lines(reading.value)])

    def note(self) -> tuple[str, str]:
        return self.freshness()


class PagePanel(LinesPanel[Lines]):
    """A feed that gives lines."""

    title = "Page"

    def lines(self, value: Lines) -> Lines:
        return value


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
