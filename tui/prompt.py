"""The line at the bottom: `/` filters what has the focus, `:` takes a command."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Final

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.screen import ModalScreen
from textual.suggester import Suggester
from textual.widgets import Input, Static

from tui.command import HINT
from tui.field import Field

HINTS: Final = {
    "/": "words  !word  -l label=value  /regex/",
    ":": HINT,
    "i": "include: a regular expression (RE2) that lines must match",
    "x": "exclude: a regular expression (RE2) that lines must not match",
}


class Prompt(ModalScreen[str | None]):
    """Dismisses with what was typed, or None. Tab takes over what is suggested."""

    DEFAULT_CSS = """
    Prompt { align: left bottom; background: transparent; }
    Prompt Horizontal { height: 1; background: $panel; }
    Prompt Static { width: 2; text-style: bold; }
    Prompt Input, Prompt Input:focus { border: none; height: 1; background: $panel; padding: 0; width: 1fr; }
    """
    BINDINGS: ClassVar[list[Any]] = [("escape", "cancel", "Cancel"), ("tab", "complete", "Complete")]

    def __init__(
        self,
        sign: str,
        value: str = "",
        changed: Callable[[str], object] | None = None,
        suggester: Suggester | None = None,
    ) -> None:
        """`sign` is one of HINTS; `changed` is told of every text on the way."""
        super().__init__()
        self._sign = sign
        self._value = value
        self._changed = changed
        self._suggester = suggester

    def compose(self) -> ComposeResult:
        hint = HINTS[self._sign]
        with Horizontal():
            yield Static(":" if self._sign == ":" else "/")
            yield Field(self._value, placeholder=hint, suggester=self._suggester, max_length=400, select_on_focus=False)

    def on_input_changed(self, event: Input.Changed) -> None:
        if self._changed is not None:
            self._changed(event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self.dismiss(event.value)

    def action_complete(self) -> None:
        typed = self.query_one(Input)
        typed.action_end()
        typed.action_cursor_right()

    def action_cancel(self) -> None:
        self.dismiss(None)
