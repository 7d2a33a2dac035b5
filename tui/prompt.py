"""The line at the bottom: `/` filters what has the focus, `:` takes a command."""

from __future__ import annotations

from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.screen import ModalScreen
from textual.suggester import SuggestFromList
from textual.widgets import Input

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

    def __init__(self, sign: str, value: str = "") -> None:
        super().__init__()
        self._sign = sign
        self._value = value

    def compose(self) -> ComposeResult:
        hint = {"/": "/ words  !word  -l label=value  /regex/", ":": ": arm · disarm · env NAME · theme NAME · q"}[
            self._sign
        ]
        suggester = SuggestFromList(COMMANDS) if self._sign == ":" else None
        yield Input(self._value, placeholder=hint, suggester=suggester, max_length=400)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self.dismiss(event.value)

    def action_cancel(self) -> None:
        self.dismiss(None)
