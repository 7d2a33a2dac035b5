"""The revisions of a deployment; `a` on one rolls back to it."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.widgets import Footer, Static

from providers.core.action import Target
from providers.core.runtime import Core
from providers.core.site import Site
from screens.services.panels import Revisions
from tui.header import Header
from tui.screen import ModeScreen
from tui.text import content


class RolloutsScreen(ModeScreen):
    """One table, read anew every few seconds while it is looked at."""

    DEFAULT_CSS = """
    RolloutsScreen Revisions { height: 1fr; }
    RolloutsScreen #hint { height: 1; padding: 0 1; }
    """
    places = ("table",)

    def __init__(self, core: Core, site: Site, deployment: Target, panel: Revisions) -> None:
        super().__init__()
        self._core = core
        self._site = site
        self._deployment = deployment
        self._panel = panel

    def compose(self) -> ComposeResult:
        yield Header(self._core, self._site)
        yield Static(content(f"{self._deployment.label}: a on a revision plans the way back to it", "bold"), id="hint")
        yield self._panel
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        super().on_mount()
        self._panel.focus()
