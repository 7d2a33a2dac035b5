"""What an action still has to be told, one line a parameter. Nothing is changed by it: the plan comes after."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from providers.core.action import Action, Target
from tui.field import Field
from tui.text import content

LONGEST = 500


def wants_words(action: Action, given: Mapping[str, str]) -> bool:
    """Whether something has to be asked before it can be planned."""
    return any((option.required or option.asked) and not given.get(option.name) for option in action.options)


class OptionsForm(ModalScreen[Mapping[str, str] | None]):
    """Dismisses with what was typed for each parameter, or None. `values` stand in the fields at first."""

    DEFAULT_CSS = """
    OptionsForm { align: center middle; }
    OptionsForm > Vertical { width: 90%; max-width: 110; height: auto; max-height: 90%; background: $surface;
        border: thick $primary; padding: 0 1; }
    OptionsForm VerticalScroll { height: auto; }
    OptionsForm Horizontal { height: 1; }
    OptionsForm Horizontal Static { width: 18; text-style: bold; }
    OptionsForm Input { width: 1fr; background: $panel; padding: 0 1; }
    OptionsForm .help { height: auto; padding-left: 18; color: $text-muted; }
    OptionsForm .problem { color: $text-error; text-style: bold; height: auto; }
    """
    BINDINGS: ClassVar[list[Any]] = [
        ("escape", "cancel", "Cancel"),
        ("down", "app.focus_next"),
        ("up", "app.focus_previous"),
    ]

    def __init__(self, action: Action, target: Target, values: Mapping[str, str], problem: str = "") -> None:
        super().__init__()
        self._action = action
        self._target = target
        self._values = values
        self._problem = problem

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(content(f"{self._action.title}: {self._target.label}", "bold"))
            if self._problem:
                yield Static(content(self._problem), classes="problem")
            with VerticalScroll(can_focus=False):
                for option in self._action.options:
                    with Horizontal():
                        yield Static(content(option.name.replace("_", " ") + (" *" if option.required else "")))
                        yield Field(self._values.get(option.name, ""), id=option.name, max_length=LONGEST,
                                    select_on_focus=False)  # fmt: skip
                    yield Static(content(option.help), classes="help")
            yield Static(content("enter plans it and shows everything first; tab to the next field; esc leaves"))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.dismiss({field.id or "": field.value.strip() for field in self.query(Input)})

    def action_cancel(self) -> None:
        self.dismiss(None)
