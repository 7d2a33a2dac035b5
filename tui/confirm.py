"""The dialog before a change: the whole plan, and a name to type."""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING, Any, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Static

from providers.core.action import Plan, Risk
from providers.core.gate import Confirmation, required
from providers.core.text import plain
from tui.field import Field
from tui.plan import plan_lines
from tui.text import content

if TYPE_CHECKING:
    from providers.core.site import Site

SETTLE = 0.5
"""Seconds after the dialog is painted in which keys are thrown away: they were meant for what was there before."""
BURST = (5, 0.02)
"""More keys than this within so many seconds come from no hand: a paste, or a terminal's answer."""


class TypedInput(Field):
    """Takes keys of a hand only: no paste, no burst, nothing before the dialog has settled."""

    def __init__(self, placeholder: str, *, id: str) -> None:  # noqa: A002 - Textual's name
        super().__init__(placeholder=placeholder, id=id, select_on_focus=False)
        self._born = time.monotonic()
        self._recent: deque[float] = deque(maxlen=BURST[0] + 1)

    def on_mount(self) -> None:
        self._born = time.monotonic()

    def _on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()
        self._refuse_paste()

    def action_paste(self) -> None:
        self._refuse_paste()

    def _refuse_paste(self) -> None:
        self.notify("It has to be typed by hand; pasting is not taken.", severity="warning", markup=False)

    async def _on_key(self, event: events.Key) -> None:
        now = time.monotonic()
        self._recent.append(now)
        burst = len(self._recent) > BURST[0] and now - self._recent[0] < BURST[1]
        if now - self._born < SETTLE or burst:
            event.stop()
            event.prevent_default()
            if burst:
                self.value = ""
            return
        await super()._on_key(event)


class Confirm(ModalScreen[Confirmation | None]):
    """Dismisses with the confirmation, or None. Cancel has the focus; the mouse cannot confirm."""

    DEFAULT_CSS = """
    Confirm { align: center middle; }
    Confirm > Vertical { width: 96%; max-width: 130; height: 94%; background: $surface;
        border: thick $primary; padding: 0 1; }
    Confirm.-production > Vertical { border: thick $error; }
    Confirm #head { height: auto; text-style: bold; }
    Confirm VerticalScroll { height: 1fr; }
    Confirm #ask { height: auto; }
    Confirm Input { height: 1; border: none; padding: 0 1; background: $panel; margin-bottom: 1; }
    Confirm Horizontal { height: 1; align-horizontal: right; }
    Confirm Button { height: 1; border: none; margin-left: 2; }
    Confirm Button:focus { border: none; text-style: bold reverse; }
    """
    # The plan scrolls wherever the focus is, so that tab goes straight from Cancel to what there is to do.
    BINDINGS: ClassVar[list[Any]] = [
        ("escape", "cancel", "Cancel"),
        ("down", "scroll(1)", "Down"),
        ("up", "scroll(-1)", "Up"),
        ("pagedown", "scroll(10)", "Page down"),
        ("pageup", "scroll(-10)", "Page up"),
    ]

    def __init__(self, plan: Plan, site: Site) -> None:
        super().__init__()
        self._plan = plan
        self._site = site
        self._level = required(plan.risk, site.production)
        self._born = time.monotonic()

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(self._head(), id="head")
            with VerticalScroll(can_focus=False):
                yield Static(Content("\n").join(content(text, style) for text, style in plan_lines(self._plan)))
            yield Static(self._ask(), id="ask")
            if not self._plan.blockers:
                yield TypedInput(self._wanted(), id="typed")
                if self._level is Risk.DESTRUCTIVE:
                    yield TypedInput("why (kept in the audit trail)", id="reason")
            with Horizontal():
                yield Button("Cancel", id="cancel")
                if self._site.gate.armed is None and not self._plan.blockers:
                    yield Button(f"Arm {self._site.name}", id="arm", variant="warning")

    def on_mount(self) -> None:
        self.set_class(self._site.production, "-production")
        self.query_one("#cancel").focus()
        self.call_after_refresh(self._painted)

    def _painted(self) -> None:
        self._born = time.monotonic()

    def _head(self) -> Content:
        word = "PRODUCTION" if self._site.production else "not production"
        return content(f"{self._plan.title}   [{self._site.name} · {word} · {self._level} risk]")

    def _wanted(self) -> str:
        return "y" if self._level is Risk.LOW else "the exact name of the target"

    def _ask(self) -> Content:
        if self._plan.blockers:
            return content("It cannot run: " + "; ".join(self._plan.blockers), "bold $text-error")
        wanted = "y" if self._level is Risk.LOW else self._plan.target.name
        marked = "" if plain(self._plan.target.name) else "  (this name is not plain ASCII: type it exactly)"
        if self._site.gate.armed is None:
            return content(f"READ-ONLY: tab and enter arm it; then type  {wanted}  and press enter.{marked}", "bold")
        return content(f"To run it, tab to the field, type  {wanted}  and press enter.{marked}", "bold")

    def on_button_pressed(self, event: Button.Pressed) -> None:
        if time.monotonic() - self._born < SETTLE:
            return
        if event.button.id == "cancel":
            self.dismiss(None)
        elif event.button.id == "arm":
            event.button.remove()
            self.query_one("#typed").focus()
            self.query_one("#ask", Static).update(content("Arming …"))
            # A toast would lie over the buttons.
            self.app.arm("from the dialog", self._armed)  # type: ignore[attr-defined]  # FusionApp

    def _armed(self) -> None:
        if self.is_mounted:
            self.query_one("#ask", Static).update(self._ask())

    def on_input_submitted(self, event: Input.Submitted) -> None:
        typed = self.query_one("#typed", TypedInput).value
        reason = self.query_one("#reason", TypedInput).value if self._level is Risk.DESTRUCTIVE else ""
        wanted = "y" if self._level is Risk.LOW else self._plan.target.name
        problem = self._problem(typed, wanted, reason)
        if problem:
            self.query_one("#ask", Static).update(content(problem, "bold $text-error"))
            self.app.bell()
        else:
            self.dismiss(Confirmation(typed, reason))

    def _problem(self, typed: str, wanted: str, reason: str) -> str:
        if self._site.gate.armed is None:
            return "READ-ONLY: arm the environment first (tab to Arm, enter)."
        if typed != wanted:
            return f"What was typed is not  {wanted}"
        return "Give a reason, too." if self._level is Risk.DESTRUCTIVE and not reason.strip() else ""

    def action_scroll(self, by: int) -> None:
        self.query_one(VerticalScroll).scroll_relative(y=by, animate=False)

    def action_cancel(self) -> None:
        self.dismiss(None)
