"""What stands on the terminal already: of a line that is drawn anew, only the cells that differ are sent.

Over a slow line to a bastion a screen whose clocks tick must cost what the ticking digits cost, not whole lines.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from rich.cells import cell_len
from rich.color import ColorSystem
from rich.console import Console, RenderableType
from rich.control import Control
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.strip import Strip

Cell = tuple[str, str]
"""The escape codes of a style, and one sign."""
GAP: Final = 12
"""Equal cells between two runs that are sent along: going over them costs a move and two changes of style."""


class Glass:
    """Remembers every cell. A picture of the whole screen is sent as it is and forgets what was known: it heals all."""

    def __init__(self) -> None:
        self._rows: dict[int, list[Cell | None]] = {}

    def only_new(self, update: RenderableType | None) -> RenderableType | None:
        """The same update without what stands there already; what is no update of lines stays as it is."""
        if isinstance(update, ChopsUpdate):
            return _Difference(self, update)
        if isinstance(update, LayoutUpdate):
            self.forget()
        return update

    def forget(self) -> None:
        """Somebody else wrote to the terminal: nothing is known of it any more."""
        self._rows.clear()

    def difference(self, y: int, x: int, strip: Strip, console: Console) -> str:
        """What has to be written so that `strip` stands at a place; remembers it."""
        width, row = strip.cell_length, self._rows.setdefault(y, [])
        row.extend([None] * (x + width - len(row)))
        cells = _cells(strip, console._color_system or ColorSystem.TRUECOLOR)
        if cells is None:
            row[x : x + width] = [None] * width
            return _move(x, y) + strip.render(console)
        before, row[x : x + width] = row[x : x + width], cells
        if before == cells:
            return ""
        return "".join(_move(x + a, y) + _written(cells[a:b]) for a, b in _runs(before, cells))


class _Difference(ChopsUpdate):
    """Worked out when it is written: what never reaches the terminal is not remembered."""

    def __init__(self, glass: Glass, update: ChopsUpdate) -> None:
        super().__init__(update.chops, update.spans, update.chop_ends)
        self._glass = glass

    def render_segments(self, console: Console) -> str:
        return "".join(
            self._glass.difference(y, x, strip, console)
            for y, start, stop in self.spans
            for end, (x, strip) in zip(self.chop_ends[y], self.chops[y].items(), strict=False)
            if strip is not None and x < stop and end > start
        )


def _cells(strip: Strip, colours: ColorSystem) -> list[Cell] | None:
    """One a column; None when a sign is wider or narrower than that, or a link or a control is among them."""
    cells: list[Cell] = []
    for text, style, control in strip:
        if control or (style is not None and style.link) or not _even(text):
            return None
        codes = Strip.render_ansi(style, colours) if style is not None else ""
        cells += [(codes, sign) for sign in text]
    return cells


def _even(text: str) -> bool:
    return text.isascii() or all(cell_len(sign) == 1 for sign in text)


def _runs(before: list[Cell | None], cells: list[Cell]) -> Iterator[tuple[int, int]]:
    """The stretches [a, b) that differ."""
    different = [at for at, (old, new) in enumerate(zip(before, cells, strict=True)) if old != new]
    start = different[0]
    for at, following in zip(different, [*different[1:], None], strict=True):
        if following is None or following - at > GAP:
            yield start, at + 1
            start = following or 0


def _written(cells: list[Cell]) -> str:
    pieces: list[str] = []
    last = ""
    for codes, sign in cells:
        if codes != last:
            pieces.append(f"\x1b[0;{codes}m" if codes else "\x1b[0m")
            last = codes
        pieces.append(sign)
    return "".join(pieces) + ("\x1b[0m" if last else "")


def _move(x: int, y: int) -> str:
    return Control.move_to(x, y).segment.text
