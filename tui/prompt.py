"""The line at the bottom: `/` filters what has the focus, `:` takes a command."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Final

from textual.app import ComposeResult
from textual.screen import ModalScreen
from textual.suggester import SuggestFromList
from textual.widgets import Input

HINTS: Final = {
    "/": "/ words  !word  -l label=value  /regex/",
    ":": ": arm · disarm · env NAME · theme NAME · q",
    "i": "include: a regular expression (RE2) that lines must match",
    "x": "exclude: a regular expression (RE2) that lines must not match",
}
COMMANDS = (
    "arm", "disarm", "env ", "theme ", "services", "help", "refresh", "quit", "logs ", "describe ",
)  # fmt: skip


class Prompt(ModalScreen[str | None]):
    """Dismisses with what was typed, or None."""

    DEFAULT_CSS = """
    Prompt { align: left bottom; background: transparent; }
    Prompt Input { border: none; height: 1; background: $panel; padding: 0 1; }
    """
    BINDINGS: ClassVar[list[Any]] = [("escape", "cancel", "Cancel")]

    def __init__(self, sign: str, value: str = "", changed: Callable[[str], object] | None = None) -> None:
        """`sign` is one of HINTS; `changed` is told of every text on the way."""
        super().__init__()
        self._sign = sign
        self._value = value
        self._changed = changed

    def compose(self) -> ComposeResult:
        suggester = SuggestFromList(COMMANDS) if self._sign == ":" else None
        yield Input(self._value, placeholder=HINTS[self._sign], suggester=suggester, max_length=400)

    def on_input_changed(self, event: Input.Changed) -> None:
        if self._changed is not None:
            self._changed(event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self.dismiss(event.value)

    def action_cancel(self) -> None:
        self.dismiss(None)
