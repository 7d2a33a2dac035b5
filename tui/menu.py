"""The one way to a change: what can be done to the selected thing, its risk, and the reason where it cannot."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from providers.core.action import Action, Target
from providers.core.gate import required
from tui.text import content

if TYPE_CHECKING:
    from providers.core.site import Site


class ActionMenu(ModalScreen[Action | None]):
    """Dismisses with the chosen action, or None."""

    DEFAULT_CSS = """
    ActionMenu { align: center middle; }
    ActionMenu > Vertical { width: 90%; max-width: 100; height: auto; max-height: 80%; background: $surface;
        border: thick $primary; padding: 0 1; }
    ActionMenu OptionList, ActionMenu OptionList:focus { height: auto; max-height: 20; border: none; padding: 0;
        background: $surface; }
    """
    BINDINGS: ClassVar[list[Any]] = [("escape,q", "cancel", "Cancel")]

    def __init__(self, site: Site, target: Target) -> None:
        super().__init__()
        self._site = site
        self._target = target
        self._actions: Sequence[Action] = site.actions(target.kind)

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(content(f"What to do with {self._target.label}", "bold"))
            if self._actions:
                yield OptionList(*(self._option(action) for action in self._actions))
            else:
                yield Static(content(f"Nothing can be changed on a {self._target.kind}.", "$text-muted"))
            yield Static(content("enter plans it and shows everything first; esc leaves", "$text-muted"))

    def _option(self, action: Action) -> Option:
        hindrance = action.hindrance(self._target)
        level = required(action.risk, self._site.production)
        rows = " ".join(action.rows)
        text = f"{action.title}   {level} risk   {rows}" + (f"   cannot: {hindrance}" if hindrance else "")
        return Option(content(text, "$text-muted" if hindrance else ""), id=action.id, disabled=bool(hindrance))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(next(a for a in self._actions if a.id == event.option.id))

    def action_cancel(self) -> None:
        self.dismiss(None)
