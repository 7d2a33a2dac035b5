"""The revisions of a deployment; `a` on one rolls back to it."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.widgets import Footer, Static

from providers.core.action import Target
from screens.services.panels import Revisions
from tui.screen import ModeScreen
from tui.text import content


class RolloutsScreen(ModeScreen):
    """One table, read anew every few seconds while it is looked at."""

    DEFAULT_CSS = """
    RolloutsScreen Revisions { height: 1fr; }
    RolloutsScreen #hint { dock: top; height: 1; padding: 0 1; }
    """
    places = ("table",)

    def __init__(self, deployment: Target, panel: Revisions) -> None:
        super().__init__()
        self._deployment = deployment
        self._panel = panel

    def compose(self) -> ComposeResult:
        yield Static(content(f"{self._deployment.label}: a on a revision plans the way back to it", "bold"), id="hint")
        yield self._panel
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        super().on_mount()
        self._panel.focus()
