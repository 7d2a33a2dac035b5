"""A row of numbers as a row of characters. What is not known is a gap, not a zero."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from tui.theme import glyph

_SIGNS: Final = glyph("▁▂▃▄▅▆▇█", "_.-:=+*#")


def spark(values: Sequence[float | None], width: int, *, least: float = 0.0, most: float | None = None) -> str:
    """The newest `width` values from `least` to `most` (the largest of them when it is not given)."""
    shown = [None] * max(0, width - len(values)) + list(values)[-width:]
    top = max([most or 0.0, *(v for v in shown if v is not None)]) or 1.0
    return "".join(" " if v is None else _sign((v - least) / (top - least) if top > least else 0.0) for v in shown)


def _sign(part: float) -> str:
    return _SIGNS[min(len(_SIGNS) - 1, max(0, round(part * (len(_SIGNS) - 1))))]
