"""Jump mode: a letter for every panel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from textual import events
from textual.app import ComposeResult
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.panel import Panel
from tui.text import content

LETTERS = "asdfghjkl"


class Jump(ModalScreen[Panel[Any] | None]):
    """Dismisses with the panel whose letter was typed."""

    DEFAULT_CSS = """
    Jump { align: center middle; }
    Jump Static { width: auto; height: auto; background: $surface; border: thick $primary; padding: 0 2; }
    """

    def __init__(self, panels: Sequence[Panel[Any]]) -> None:
        super().__init__()
        self._panels = dict(zip(LETTERS, panels, strict=False))

    def compose(self) -> ComposeResult:
        rows = [content(f"{letter}  {panel.title}", "bold") for letter, panel in self._panels.items()]
        yield Static(Content("\n").join(rows))

    def on_key(self, event: events.Key) -> None:
        event.stop()
        self.dismiss(self._panels.get(event.key))
