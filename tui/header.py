"""The two lines on top: where we are, as whom, whether armed, what time it is, and a light for every system."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from providers.core.feed import Reading
from providers.core.provider import Light, Provider
from tui.format import span
from tui.moment import monotonic, now
from tui.panel import STALE_AFTER
from tui.text import content
from tui.theme import glyph

if TYPE_CHECKING:
    from providers.core.runtime import Core
    from providers.core.site import Site

SKEWED = 60.0
"""Seconds between two clocks from which on times cannot be compared."""


class Header(Vertical):
    """Drawn once a second from what is known; asks nobody."""

    DEFAULT_CSS = """
    Header { dock: top; height: 2; background: $panel; color: $foreground; }
    Header Static { height: 1; padding: 0 1; }
    Header.-production #place { background: $production; color: $production-text; }
    Header:ansi { background: ansi_default; }
    Header.-production:ansi #place { background: ansi_red; color: ansi_bright_white; }
    Header.-production:nocolor #place { text-style: reverse; }
    """

    def __init__(self, core: Core, site: Site) -> None:
        super().__init__()
        self._core = core
        self._site = site
        self._ends: list[Callable[[], None]] = []

    def compose(self) -> ComposeResult:
        yield Static(id="place", markup=False)
        yield Static(id="lights", markup=False)

    def on_mount(self) -> None:
        self.set_class(self._site.production, "-production")

    def listen(self) -> None:
        """Keep the lights on until it is gone; idempotent."""
        if not self._ends and self.is_attached:
            self._ends = [self._core.subscribe(provider.light, _nothing) for provider in self._site.providers]

    def on_resize(self) -> None:
        self.tick()

    def on_unmount(self) -> None:
        for end in self._ends:
            end()

    def tick(self) -> None:
        """Once a second."""
        room = max(1, self.size.width - 2)
        self.query_one("#place", Static).update(_cut(self._place(room), room))
        self.query_one("#lights", Static).update(_cut(self._lights(room), room))

    def _place(self, room: int) -> Content:
        site = self._site
        word = ("PRODUCTION", "bold reverse") if site.production else ("not production", "$text-success")
        parts = [content(site.name, "bold"), content(f" {word[0]} ", word[1]), self._arming()]
        in_flight = site.gate.in_flight
        if in_flight:
            parts.append(content(f"running: {', '.join(in_flight)}", "bold $text-warning"))
        left = Content("  ").join(parts)
        clock = next((c for c in _clocks(now()) if left.cell_length + 2 + len(c) <= room), "")
        gap = max(0, room - left.cell_length - len(clock))
        return left + Content(" " * gap) + content(clock)

    def _arming(self) -> Content:
        remaining = self._site.gate.remaining()
        if remaining is None:
            return content("READ-ONLY")
        return content(f" ARMED {int(remaining) // 60}:{int(remaining) % 60:02d} ", "bold reverse $text-warning")

    def _lights(self, room: int) -> Content:
        """A light for every system, with as much beside it as there is room for."""
        for detail in (2, 1, 0, -1):
            line = Content("   ").join(self._light(provider, detail) for provider in self._site.providers)
            if line.cell_length <= room:
                break
        return line

    def _light(self, provider: Provider, detail: int) -> Content:
        reading = provider.light.latest
        words, style = state(provider.name, reading, monotonic(), provider.light.deadline, brief=detail < 0)
        light = reading.value
        if light is None or detail < 1:
            return content(words, style)
        where = f" at {light.target}" if detail > 1 else ""
        return content(words, style) + content(f"  {light.identity}{where}")


def state(
    name: str, reading: Reading[Light], at: float, deadline: float = 0.0, *, brief: bool = False
) -> tuple[str, str]:
    """(words, style) of one light: how the system is, and how long ago that was known (`at`: monotonic seconds).

    It is stale when the answer that was due within `deadline` seconds has not come: an account is asked less often.

    `brief` leaves out what only says that all is well.
    """
    age, light = reading.age(at), reading.value
    lit, dark = glyph("●", "*"), glyph("○", "o")
    if reading.fault is not None:
        last = f", last seen {span(age)} ago" if age is not None else ""
        return f"{dark} {name} {reading.fault.kind.upper()}{last}", "bold $text-error"
    if light is None or age is None:
        return f"{dark} {name} waiting", "$text-warning"
    if age > max(STALE_AFTER, deadline):
        return f"{dark} {name} STALE {span(age)}", "bold $text-warning"
    skew = f", its clock {light.skew:+.0f}s" if abs(light.skew) > SKEWED else ""
    well = "" if brief else f"live {span(age)} ago, {light.rtt * 1000:.0f}ms"
    return f"{lit} {name} {well or span(age)}{skew}", "$text-success"


def _cut(line: Content, room: int) -> Content:
    return line.truncate(room, ellipsis=True)


def _clocks(at: datetime) -> tuple[str, ...]:
    """The longest first: UTC is what is recorded, local time what is on the wall."""
    return f"{at:%H:%M:%S}Z  {at.astimezone():%H:%M %Z}", f"{at:%H:%M:%S}Z"


def _nothing() -> None:
    """The header looks once a second; it only keeps the lights on."""
