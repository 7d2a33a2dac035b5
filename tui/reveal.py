"""One secret value on the screen, for ten seconds and no longer."""

from __future__ import annotations

from collections.abc import Callable

from textual.content import Content
from textual.selection import Selection
from textual.timer import Timer
from textual.widget import Widget

from providers.core.secret import Secret
from providers.core.text import clean, clean_lines
from tui.text import content

SHOWN = 10.0
"""Seconds after which a value is masked again."""
TICK = 0.1
MOST_LINES = 12


class Revealed(Widget):
    """Takes no room while nothing is revealed. What it shows cannot be selected, and a screenshot masks it first."""

    DEFAULT_CSS = """
    Revealed { display: none; height: auto; max-height: 50%; padding: 0 1; background: $warning 20%; }
    Revealed.-shown { display: block; }
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        super().__init__()
        self._monotonic = monotonic
        self._what = ""
        self._value: Secret | None = None
        self._until = 0.0
        self._timer: Timer | None = None

    def on_mount(self) -> None:
        self._timer = self.set_interval(TICK, self._tick, pause=True)

    @property
    def shows(self) -> str:
        """The name of what is revealed now; "" when nothing is."""
        return self._what if self._value is not None else ""

    def show(self, name: str, value: Secret) -> None:
        """Reveal a value, and mask the one before."""
        self._what, self._value = name, value
        self._until = self._monotonic() + SHOWN
        self._apply()

    def mask(self) -> None:
        """Nothing is revealed any more."""
        if self._value is not None:
            self._value = None
            self._apply()

    def render(self) -> Content:
        if self._value is None:
            return Content("")
        left = max(1, round(self._until - self._monotonic()))
        head = content(f"{self._what}   masked again in {left} s", "bold $text-warning")
        return Content("\n").join((head, *map(_bare, _rows(self._value))))

    def get_selection(self, selection: Selection) -> None:
        """Nothing of it goes into a selection, and so to the clipboard."""

    def _tick(self) -> None:
        # One tick early rather than one late.
        if self._monotonic() + TICK >= self._until:
            self.mask()
        else:
            self.refresh()

    def _apply(self) -> None:
        self.set_class(self._value is not None, "-shown")
        self.refresh(layout=True)
        if self._timer is not None:
            (self._timer.pause if self._value is None else self._timer.resume)()


def _rows(value: Secret) -> tuple[str, ...]:
    found = clean_lines(value.reveal())
    cut = len(found) - MOST_LINES
    return found if cut <= 0 else (*found[:MOST_LINES], f"…[+{cut} lines: fusion-console reveal prints them]")


def _bare(text: str) -> Content:
    """Cleaned, but not masked: the one text of the console that is meant to show a secret."""
    return Content(clean(text))
