"""What a description is made of: titled sections of short lines, in which times stay times."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum

import msgspec

from providers.core.text import clean

Part = str | datetime | None
"""Text, a moment (UTC), or a moment nobody wrote down."""

_UNITS = ((172_800, 86_400, "d"), (7_200, 3_600, "h"), (120, 60, "min"), (0, 1, "s"))


class Tone(StrEnum):
    """How much a line matters; a view gives each its colour and its mark."""

    PLAIN = "plain"
    GOOD = "good"
    WARN = "warn"
    BAD = "bad"
    QUIET = "quiet"


class Line(msgspec.Struct, frozen=True):
    """A label and its value: clean texts and moments, in reading order."""

    label: str
    parts: tuple[Part, ...]
    tone: Tone = Tone.PLAIN

    def text(self, now: datetime) -> str:
        """The value with every moment said relative to `now`: "exit 1 (Error) 12 s ago"."""
        return "".join(part if isinstance(part, str) else relative(part, now) for part in self.parts)


class Section(msgspec.Struct, frozen=True):
    """Lines that belong together; the first section of a page says the state and why."""

    title: str
    lines: tuple[Line, ...]


def line(label: str, *parts: Part, tone: Tone = Tone.PLAIN) -> Line:
    """A line with its texts cleaned; the only way foreign text gets into one."""
    return Line(clean(label, 200), tuple(clean(p, 2048) if isinstance(p, str) else p for p in parts), tone)


def section(title: str, lines: Iterable[Line]) -> Section:
    """A section with its title cleaned: names of containers come from outside as well."""
    return Section(clean(title, 300), tuple(lines))


def relative(moment: datetime | None, now: datetime) -> str:
    """ "40 s ago", "in 3 min", "2 h ago"; what is less than a second away is "now"."""
    if moment is None:
        return "at an unknown time"
    seconds = (now - moment).total_seconds()
    size = abs(seconds)
    if size < 1:
        return "now"
    divisor, unit = next((d, u) for least, d, u in _UNITS if size >= least)
    amount = f"{int(size / divisor)} {unit}"
    return f"{amount} ago" if seconds > 0 else f"in {amount}"


def plain(sections: Sequence[Section], now: datetime) -> tuple[str, ...]:
    """The page as aligned text, for the command line and for copying."""
    lines: list[str] = []
    for section in sections:
        width = min(24, max((len(row.label) for row in section.lines), default=0))
        lines += ["", section.title] if lines else [section.title]
        lines += [f"  {row.label:<{width}}  {row.text(now)}".rstrip() for row in section.lines]
    return tuple(lines)
