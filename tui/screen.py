"""A screen of panels: they listen while it is looked at, rest while it is not, and share one tick a second."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from textual.screen import Screen
from textual.widget import Widget

from tui.header import Header
from tui.panel import Panel

if TYPE_CHECKING:
    from tui.app import FusionApp


class ModeScreen(Screen[None]):
    """Base of the modes. `opens` names the modules of what opens over it, to be imported once it shows something."""

    opens: ClassVar[Sequence[str]] = ()

    def __init__(self) -> None:
        super().__init__()
        self._looked_ahead = False

    @property
    def fusion(self) -> FusionApp:
        """The app by its own type."""
        app: Any = self.app
        return app  # type: ignore[no-any-return]

    def on_mount(self) -> None:
        self.set_interval(1.0, self._tick)

    def on_screen_resume(self) -> None:
        self.listen()

    def listen(self) -> None:
        """Subscribe what is looked at, and nothing else: a panel of a hidden page costs its server nothing."""
        self.fusion.once_shown(self._listen)

    def shown_panels(self) -> list[Panel[Any]]:
        """The panels that are not hidden, nor part of something hidden."""
        return [p for p in self.query(Panel) if all(w.display for w in p.ancestors_with_self if isinstance(w, Widget))]

    def _listen(self) -> None:
        if self not in self.app.screen_stack:
            return
        for header in self.query(Header):
            header.listen()
        shown = self.shown_panels()
        for panel in self.query(Panel):
            if panel in shown:
                panel.listen()
            else:
                panel.rest()

    def on_screen_suspend(self) -> None:
        # A dialog over the screen is no reason to stop: only another mode is.
        if self.app.screen not in self.app.screen_stack or self not in self.app.screen_stack:
            for panel in self.query(Panel):
                panel.rest()

    def _tick(self) -> None:
        for header in self.query(Header):
            header.tick()
        for panel in self.query(Panel):
            panel.tick()
        if not self._looked_ahead and any(panel.reading.state != "waiting" for panel in self.query(Panel)):
            self._looked_ahead = True
            self.fusion.look_ahead(self.opens)
