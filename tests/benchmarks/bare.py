"""python -m tests.benchmarks.bare: an application of the same toolkit with one line on it that counts keys."""

from __future__ import annotations

from textual import events
from textual.app import App, ComposeResult
from textual.widgets import Static

FIRST = "no key yet"


class Bare(App[None]):
    """What Textual itself costs."""

    count = 0

    def compose(self) -> ComposeResult:
        yield Static(FIRST, markup=False)

    def on_key(self, event: events.Key) -> None:
        self.count += 1
        self.query_one(Static).update(f"key {self.count} was pressed")


if __name__ == "__main__":
    Bare().run()
