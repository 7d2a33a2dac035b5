"""The one place where foreign text becomes something to draw. Nothing that a server says is ever parsed as markup."""

from __future__ import annotations

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from textual.color import Color
from textual.content import Content
from textual.filter import LineFilter

from providers.core.secret import redact
from providers.core.text import BANNED, clean


def content(text: str, style: str = "") -> Content:
    """Cleaned and redacted text as Content; `style` is one of ours, never from data."""
    shown = redact(clean(text))
    return Content.styled(shown, style) if style else Content(shown)


def lines(texts: tuple[str, ...] | list[str]) -> Content:
    """Several cleaned lines as one Content."""
    return Content("\n").join(content(text) for text in texts)


def fitted(text: str, width: int, *, right: bool = False) -> str:
    """Cleaned text exactly `width` cells wide; what does not fit ends in an ellipsis."""
    shown = clean(text, 1024)
    length = cell_len(shown)
    if length > width:
        return set_cell_size(shown, max(0, width - 1)) + "…" if width > 0 else ""
    pad = " " * (width - length)
    return pad + shown if right else shown + pad


class Guard(LineFilter):
    """The last line of defence: whatever slipped through is cut out of every line just before the terminal."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        return [
            Segment(BANNED.sub("", segment.text), segment.style, segment.control)
            if not segment.control and BANNED.search(segment.text)
            else segment
            for segment in segments
        ]
