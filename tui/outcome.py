"""What became of a change, live. Leaving the screen does not stop it."""

from __future__ import annotations

from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from providers.core.action import Outcome, Plan, Progress, Stage, Verdict
from providers.core.check import Verdict as Judged
from tui.bar import bar
from tui.moment import now
from tui.text import content

_OF_STAGE = {Stage.DONE: "$text-success", Stage.STUCK: "bold $text-error", Stage.FAILED: "bold $text-error"}
_OF_VERDICT = {
    Verdict.DONE: "bold $text-success", Verdict.REFUSED: "bold $text-warning", Verdict.FAILED: "bold $text-error",
    Verdict.UNKNOWN: "bold $text-warning",
}  # fmt: skip
_OF_FINDING = {Judged.PASS: "$text-success", Judged.FAIL: "bold $text-error"}


class OutcomeScreen(ModalScreen[None]):
    """Progress lines as they come, then the verdict and the health afterwards."""

    DEFAULT_CSS = """
    OutcomeScreen { align: center middle; }
    OutcomeScreen > Vertical { width: 90%; max-width: 120; height: 70%; background: $surface; border: thick $primary;
        padding: 0 1; }
    OutcomeScreen #bar { height: 1; }
    """
    BINDINGS: ClassVar[list[Any]] = [("escape,q,enter", "leave", "Leave it running")]

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self._plan = plan
        self._lines: list[Content] = [content("sent to the gate …", "$text-muted")]
        self._ended = False
        self._fraction: float | None = None

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(content(self._plan.title, "bold"))
            yield Static(id="bar", markup=False)
            with VerticalScroll():
                yield Static(id="lines", markup=False)
            yield Static(content("esc leaves; the change goes on and is recorded", "$text-muted"), id="hint")

    def on_mount(self) -> None:
        self._draw()

    def report(self, progress: Progress) -> None:
        """One step."""
        self._fraction = progress.fraction if progress.fraction is not None else self._fraction
        self._add(f"{progress.stage:<8} {progress.message}", _OF_STAGE.get(progress.stage, ""))

    def end(self, outcome: Outcome) -> None:
        """How it ended."""
        self._ended = True
        self._add(f"{str(outcome.verdict).upper()}: {outcome.message}", _OF_VERDICT[outcome.verdict])
        for finding in outcome.findings:
            quote = finding.evidence[0].quote if finding.evidence else ""
            text = f"  {finding.verdict:<8} {finding.subject}: {finding.summary}  {quote}"
            self._add(text, _OF_FINDING.get(finding.verdict, "$text-warning"))
        if outcome.id:
            self._add(f"audit {outcome.id}   way back: {self._plan.inverse or 'none'}", "$text-muted")

    def _add(self, text: str, style: str) -> None:
        self._lines.append(content(f"{now():%H:%M:%S}  {text}", style))
        if self.is_mounted:
            self._draw()

    def _draw(self) -> None:
        if self._fraction is not None:
            self.query_one("#bar", Static).update(content(bar(self._fraction)))
        self.query_one("#lines", Static).update(Content("\n").join(self._lines))
        self.query_one(VerticalScroll).scroll_end(animate=False)
        if self._ended:
            self.query_one("#hint", Static).update(content("ended; esc closes", "$text-muted"))

    def action_leave(self) -> None:
        self.dismiss(None)
