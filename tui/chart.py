"""A histogram of one row: how many lines when, and where the errors are."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from providers.logs.histogram import Bar, Histogram
from tui.theme import glyph

_TALL: Final = 8
_SIGNS: Final = glyph(" ▁▂▃▄▅▆▇█", " .:-=+*#@")
_SECOND: Final = timedelta(seconds=1)
_MOST: Final = 120
_TIMES: Final = 34
"""Cells for the first and last time and the number of errors."""


def chart(histogram: Histogram, width: int, muted: Style, bad: Style) -> Strip:
    """Bars with errors in them have their colour; the number of errors stands at the end, for who sees no colour."""
    bars = histogram.bars(max(1, min(_MOST, width - _TIMES)))
    if not bars:
        return Strip.blank(width, muted)
    most = max(bar.lines for bar in bars) or 1
    errors = sum(bar.errors for bar in bars)
    segments = [Segment(f" {bars[0].at:%H:%M:%S} ", muted)]
    segments += [Segment(_sign(bar, most), bad if bar.errors else muted) for bar in bars]
    segments.append(
        Segment(f" {bars[-1].end - _SECOND:%H:%M:%S} {errors} error{'s' * (errors != 1)}", bad if errors else muted)
    )
    return Strip(segments).adjust_cell_length(width, muted)


def _sign(bar: Bar, most: int) -> str:
    return _SIGNS[-(-bar.lines * _TALL // most)]
