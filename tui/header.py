"""The two lines on top: where we are, as whom, whether armed, what time it is, and a light for every system."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from textual.content import Content
from textual.widgets import Static

from providers.core.provider import Light, Provider
from tui.format import span
from tui.text import content
from tui.theme import glyph

if TYPE_CHECKING:
    from providers.core.runtime import Core
    from providers.core.site import Site

STALE_AFTER = 10.0


class Header(Static):
    """Drawn once a second from what is known; asks nobody."""

    DEFAULT_CSS = """
    Header { dock: top; height: 2; background: $panel; color: $foreground; padding: 0 1; }
    Header.-production { background: $error 40%; }
    """

    def __init__(self, core: Core, site: Site) -> None:
        super().__init__(markup=False)
        self._core = core
        self._site = site
        self._ends = [core.subscribe(provider.light, _nothing) for provider in site.providers]

    def on_mount(self) -> None:
        self.set_class(self._site.production, "-production")
        self.tick()

    def on_unmount(self) -> None:
        for end in self._ends:
            end()

    def tick(self) -> None:
        """Once a second."""
        self.update(Content("\n").join((self._place(), self._lights())))

    def _place(self) -> Content:
        site = self._site
        word = ("PRODUCTION", "bold $text-error") if site.production else ("not production", "$text-success")
        parts = [content(site.name, "bold"), content(word[0], word[1]), self._arming()]
        in_flight = site.gate.in_flight
        if in_flight:
            parts.append(content(f"running: {', '.join(in_flight)}", "bold $text-warning"))
        now = datetime.now(UTC)
        clock = f"{now:%H:%M:%S}Z" if self.size.width < 100 else f"{now:%H:%M:%S}Z  {now.astimezone():%H:%M %Z}"
        left = Content("  ").join(parts)
        gap = max(2, self.size.width - 2 - left.cell_length - len(clock))
        return left + Content(" " * gap) + content(clock)

    def _arming(self) -> Content:
        remaining = self._site.gate.remaining()
        if remaining is None:
            return content("READ-ONLY", "$text-muted")
        return content(f"ARMED {int(remaining) // 60}:{int(remaining) % 60:02d}", "bold reverse $text-warning")

    def _lights(self) -> Content:
        return Content("   ").join(self._light(provider) for provider in self._site.providers)

    def _light(self, provider: Provider) -> Content:
        reading = provider.light.latest
        light: Light | None = reading.value
        age = reading.age(time.monotonic())
        who = f" {light.identity} {light.target}" if light else ""
        if reading.fault is not None:
            last = f", last seen {span(age)} ago" if age is not None else ""
            return content(
                f"{glyph('●', '*')} {provider.name} {reading.fault.kind.upper()}{last}{who}", "bold $text-error"
            )
        if light is None or age is None:
            return content(f"{glyph('○', 'o')} {provider.name} waiting", "$text-warning")
        if age > STALE_AFTER:
            return content(f"{glyph('●', '*')} {provider.name} STALE {span(age)}{who}", "bold $text-warning")
        skew = f" clock {light.skew:+.0f}s" if abs(light.skew) > 60 else ""
        return content(
            f"{glyph('●', '*')} {provider.name} live {light.rtt * 1000:.0f}ms{skew}", "$text-success"
        ) + content(who)


def _nothing() -> None:
    """The header looks once a second; it only keeps the lights on."""
