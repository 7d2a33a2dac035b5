"""The one way to a change: what can be done to the selected thing, its risk, and the reason where it cannot."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

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


class Choice(NamedTuple):
    """The chosen action, and whether its options are to be looked at before it is planned."""

    action: Action
    ask: bool


class ActionMenu(ModalScreen[Choice | None]):
    """Dismisses with the choice, or None."""

    DEFAULT_CSS = """
    ActionMenu { align: center middle; }
    ActionMenu > Vertical { width: 90%; max-width: 100; height: auto; max-height: 80%; background: $surface;
        border: thick $primary; padding: 0 1; }
    ActionMenu OptionList, ActionMenu OptionList:focus { height: auto; max-height: 20; border: none; padding: 0;
        background: $surface; }
    """
    BINDINGS: ClassVar[list[Any]] = [("escape,q", "cancel", "Cancel"), ("o", "options", "Options"),
        ("j", "move(1)", "Down"), ("k", "move(-1)", "Up")]  # fmt: skip

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
            yield Static(content("enter plans it and shows everything first; o options; esc leaves", "$text-muted"))

    def _option(self, action: Action) -> Option:
        hindrance = action.hindrance(self._target)
        level = required(action.risk, self._site.production)
        rows = " ".join(action.rows)
        text = f"{action.title}   {level} risk   {rows}" + (f"   cannot: {hindrance}" if hindrance else "")
        return Option(content(text, "$text-muted" if hindrance else ""), id=action.id, disabled=bool(hindrance))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self._choose(event.option.id or "", ask=False)

    def action_move(self, by: int) -> None:
        listed = self.query_one(OptionList) if self._actions else None
        if listed is not None:
            (listed.action_cursor_down if by > 0 else listed.action_cursor_up)()

    def action_options(self) -> None:
        """Look at the options of the highlighted one first."""
        chosen = self.query_one(OptionList).highlighted_option if self._actions else None
        if chosen is not None and not chosen.disabled:
            self._choose(chosen.id or "", ask=True)

    def _choose(self, name: str, *, ask: bool) -> None:
        action = next(a for a in self._actions if a.id == name)
        self.dismiss(Choice(action, ask and bool(action.options)))

    def action_cancel(self) -> None:
        self.dismiss(None)
