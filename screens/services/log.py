"""The log view: read on the core's thread, screened before it takes room, drawn from one book."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, ClassVar, Final

import msgspec
from textual.app import ComposeResult
from textual.screen import Screen
from textual.widgets import Footer

from providers.core.config import Service
from providers.core.errors import FusionError, UsageError
from providers.core.runtime import Core
from providers.kube.logs import LogBatch, LogSource, LogState, LogTarget
from providers.kube.provider import Kube
from providers.logs.book import Book
from providers.logs.screening import Screening
from screens.services import logwords
from tui.clipboard import MOST, copy
from tui.filter import Filter
from tui.keys import bindings
from tui.logfile import save
from tui.logline import opened
from tui.prompt import Prompt
from tui.tail import Tail
from tui.view import TextScreen

if TYPE_CHECKING:
    from pathlib import Path

    from tui.app import FusionApp

DRAIN_EVERY: Final = 0.1
WAITING_BATCHES: Final = 64
SPANS: Final = {"1m": 60, "5m": 300, "15m": 900, "1h": 3600}


class LogScreen(Screen[None]):
    """Reads while it is open; closing it closes every stream."""

    BINDINGS: ClassVar[list[Any]] = bindings("log")
    places = ("tail", "log")

    def __init__(
        self, core: Core, kube: Kube, target: LogTarget, capacity: int, service: Service | None, directory: Path
    ) -> None:
        super().__init__()
        self._core = core
        self._kube = kube
        self._target = target
        self._directory = directory
        self._filters = tuple((service.filters if service else {}).items())[: logwords.SAVED]
        self._title = f"{'previous log' if target.previous else 'log'} {target.pod or target.selector}"
        self._include = ""
        self._exclude = ""
        self._saved: set[str] = set()
        self._since = ""
        self._state = LogState()
        self._batches: deque[LogBatch] = deque()
        self._reading: Future[None] | None = None
        self._tail = Tail(Book(capacity), self._heads)

    @property
    def fusion(self) -> FusionApp:
        """The app by its own type."""
        app: Any = self.app
        return app  # type: ignore[no-any-return]

    def compose(self) -> ComposeResult:
        yield self._tail
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        self._tail.focus()
        self._read()
        self.set_interval(DRAIN_EVERY, self._drain)

    def on_unmount(self) -> None:
        self._stop()

    @property
    def filter(self) -> Filter:
        return self._tail.filter

    def set_filter(self, chosen: Filter) -> None:
        self._tail.set_filter(chosen)

    def _heads(self, width: int) -> Sequence[tuple[str, str]]:
        tail = self._tail
        standing = logwords.Standing(
            self._title, tail.following, tail.missed, len(tail.book.numbers), len(tail.book.ring), tail.book.ring.first,
            tail.book.behind, tail.filter.text, self._screening().text, self._since,
        )  # fmt: skip
        saved = [(name, name in self._saved) for name, _ in self._filters]
        return logwords.heads(standing, self._state, saved, width)

    def _screening(self) -> Screening:
        chosen = [text for name, text in self._filters if name in self._saved]
        return Screening.parse([self._include, *chosen], [self._exclude])

    def _stop(self) -> None:
        if self._reading is not None:
            self._reading.cancel()
            self._reading = None

    def _read(self) -> None:
        """Begin reading, anew when it was being read."""
        self._stop()
        # A hand-over of its own for each read: what an older one still says must not mix with it.
        self._batches, self._state = deque(), LogState()
        self._tail.clear()
        target = self._target if not self._since else msgspec.structs.replace(
            self._target, since=SPANS.get(self._since), tail=None
        )  # fmt: skip
        source = LogSource(self._kube.client, self._kube.pods, target, self._screening())
        self._reading = self._core.submit(self._hand_over(source, self._batches))

    async def _hand_over(self, source: LogSource, batches: deque[LogBatch]) -> None:
        """On the core's loop. When the screen does not keep up, the source's own bound drops and counts."""
        try:
            async with aclosing(source.batches()) as read:
                async for batch in read:
                    while len(batches) >= WAITING_BATCHES:  # noqa: ASYNC110 - the other side is another thread
                        await asyncio.sleep(DRAIN_EVERY)
                    batches.append(batch)
        except FusionError as error:
            fault = f"{error.message}{' — ' + error.fix if error.fix else ''}"
            batches.append(LogBatch((), LogState(pods=fault)))

    def _drain(self) -> None:
        batches = self._batches
        while batches:
            batch = batches.popleft()
            self._state = batch.state
            if batch.lines:
                self._tail.put(batch.lines)
        self._tail.refresh()

    def action_open(self) -> None:
        line = self._tail.selected
        if line is not None:
            self.app.push_screen(TextScreen(line.origin.label, opened(line)))

    def action_include(self) -> None:
        self._ask("i", self._include, "_include")

    def action_exclude(self) -> None:
        self._ask("x", self._exclude, "_exclude")

    def _ask(self, sign: str, value: str, name: str) -> None:
        def typed(text: str | None) -> None:
            if text is None or text == value:
                return
            try:
                Screening.parse([text])
            except UsageError as error:
                self.fusion.say(f"{error.message} — {error.fix}", "error")
                return
            setattr(self, name, text)
            self._read()

        self.app.push_screen(Prompt(sign, value), typed)

    def action_saved(self, index: int) -> None:
        """One of the service's own filters, on and off."""
        if index >= len(self._filters):
            self.fusion.say("This service has no such saved filter.", "warning")
            return
        self._saved ^= {self._filters[index][0]}
        self._read()

    def action_since(self, span: str) -> None:
        """Read anew from another beginning."""
        self._since = span
        self._read()

    def action_copy(self) -> None:
        lines = self._tail.chosen()
        text = logwords.text_of(lines)
        if not lines:
            self.fusion.say("There is no line to copy.", "warning")
        elif copy(self.app, text):
            self.fusion.say(f"{len(lines)} line{'s' * (len(lines) > 1)} sent to the terminal's clipboard")
        else:
            self.fusion.say(f"more than {MOST} bytes: too long for the clipboard, save it to a file with S", "warning")

    def action_save(self) -> None:
        lines = self._tail.shown()
        name = self._target.pod or self._target.selector
        self.fusion.submit(
            asyncio.to_thread(save, self._directory, name, lines),
            lambda path: self.fusion.say(f"{len(lines)} lines saved to {path}"),
            "save",
        )

    def action_streams(self) -> None:
        self.app.push_screen(TextScreen(f"streams of {self._title}", logwords.streams(self._state)))
