"""A panel shows one feed. It paints at most four times a second, only what changed, and says how old it is."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

from textual.geometry import Region

from providers.core.feed import Fault, Feed, Reading
from tui.format import span
from tui.ink import Inked
from tui.moment import monotonic

if TYPE_CHECKING:
    from providers.core.runtime import Core

T = TypeVar("T")

PAINT_EVERY = 0.25
STALE_AFTER = 10.0


class Panel(Inked, Generic[T]):
    """`feed` is subscribed while the panel is on the screen; `paint` gets each reading that differs from the last."""

    title: ClassVar[str] = ""

    def __init__(self, core: Core, feed: Feed[T], *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.core = core
        self.feed = feed
        self.reading: Reading[T] = Reading()
        self._end: Callable[[], None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._woken = False
        self._painted_at = 0.0

    def listen(self) -> None:
        """Subscribe; idempotent, since a screen may be resumed twice."""
        if self._end is None:
            self._loop = asyncio.get_running_loop()
            self._end = self.core.subscribe(self.feed, self._wake)
            self._catch_up()

    def rest(self) -> None:
        """Unsubscribe while nobody looks."""
        if self._end is not None:
            self._end()
            self._end = None

    def on_unmount(self) -> None:
        self.rest()

    def paint(self, reading: Reading[T]) -> None:
        """Take over a new reading (subclasses)."""

    def tick(self) -> None:
        """Once a second: the age in the title."""
        self.refresh(Region(0, 0, self.size.width, 1))

    def freshness(self) -> tuple[str, str]:
        """(words, style) for the title: where it is from, how old it is, and what is wrong with it."""
        age = self.reading.age(monotonic())
        source, fault = self.feed.source, self.reading.fault
        if fault is not None:
            known = f", last known {span(age)} ago" if age is not None else ""
            return f"{fault.kind.upper()}{known}: {_told(fault)}", "fail" if fault.kind != "denied" else "warn"
        if age is None:
            return f"{source} · waiting for the first answer", "unknown"
        if age > STALE_AFTER and age > self.feed.deadline:
            return f"{source} · STALE, {span(age)} old", "warn"
        return f"{source} · {span(age)} ago", "muted"

    @property
    def current(self) -> bool:
        """Whether what is shown is true now."""
        return self.reading.state == "live"

    def _wake(self) -> None:
        """On the core's thread: at most one callback is on its way, whatever the rate of changes."""
        loop = self._loop
        if not self._woken and loop is not None and not loop.is_closed():
            self._woken = True
            try:
                loop.call_soon_threadsafe(self._soon)
            except RuntimeError:  # the interface closed between the two lines
                return

    def _soon(self) -> None:
        wait = PAINT_EVERY - (time.monotonic() - self._painted_at)
        if wait > 0 and self.is_mounted:
            self.set_timer(wait, self._catch_up)
        else:
            self._catch_up()

    def _catch_up(self) -> None:
        self._woken = False
        latest = self.feed.latest
        if latest is self.reading and self._painted_at:
            return
        changed = latest.value is not self.reading.value or latest.state != self.reading.state
        self.reading = latest
        self._painted_at = time.monotonic()
        if changed:
            self.paint(latest)


def _told(fault: Fault) -> str:
    """The missing right alone where there is one: a server's own sentence about it is long, and cut where it counts."""
    said = f"{fault.permission} is missing" if fault.permission else fault.message
    return said + (f" — {fault.fix}" if fault.fix else "")
