"""The one place where foreign text becomes something to draw. Nothing that a server says is ever parsed as markup."""

from __future__ import annotations

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.text import Text
from textual.color import Color
from textual.content import Content
from textual.filter import LineFilter

from providers.core.secret import redact
from providers.core.text import BANNED, clean, clean_lines


def content(text: str, style: str = "") -> Content:
    """Cleaned and redacted text as Content; `style` is one of ours, never from data."""
    shown = redact(clean(text))
    return Content.styled(shown, style) if style else Content(shown)


def lines(texts: tuple[str, ...] | list[str]) -> Content:
    """Several cleaned lines as one Content."""
    return Content("\n").join(content(text) for text in texts)


def pages(text: str) -> Text:
    """Cleaned and redacted text of many lines, for what is printed after the console has left the screen."""
    return Text("\n".join(clean_lines(redact(text))))


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
        return [segment if segment.control else _guarded(segment) for segment in segments]


def _guarded(segment: Segment) -> Segment:
    # The address of a link is written to the terminal from the style, where no filter of text sees it.
    text, style = segment.text, segment.style
    linked = style is not None and style.link is not None
    if not linked and not BANNED.search(text):
        return segment
    return Segment(BANNED.sub("", text), style.update_link(None) if style is not None and linked else style)
