"""How far something is, as a bar of characters."""

from __future__ import annotations

from tui.theme import glyph

WIDTH = 24


def bar(fraction: float, width: int = WIDTH) -> str:
    """ "██████░░░░  60 %"; full only when it is done."""
    part = min(1.0, max(0.0, fraction))
    full = int(part * width)
    return f"{glyph('█', '#') * full}{glyph('░', '.') * (width - full)} {int(part * 100):>3} %"
