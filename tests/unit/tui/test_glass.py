"""What is not sent stands on the terminal already."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.geometry import Region
from textual.strip import Strip

from tui.glass import Glass

WIDTH = 40
CONSOLE = Console(color_system="truecolor", force_terminal=True, width=WIDTH)
STYLES = (Style(), Style(color="red"), Style(color="red", bold=True), Style(bgcolor="blue"))
_TOKEN = re.compile(r"\x1b\[(\d+);(\d+)H|\x1b\[([\d;]*)m|(.)", re.DOTALL)


class Screen:
    """Cells as a terminal keeps them: what is written stays where the cursor was, in the style that was on."""

    def __init__(self) -> None:
        self.cells: dict[tuple[int, int], tuple[str, str]] = {}

    def write(self, text: str) -> None:
        x = y = 0
        style = ""
        for row, column, codes, sign in _TOKEN.findall(text):
            if row:
                x, y = int(column) - 1, int(row) - 1
            elif sign == "\n":
                x, y = 0, y + 1
            elif sign:
                self.cells[x, y] = sign, style
                x += 1
            else:
                style = "" if codes in {"", "0"} else codes.removeprefix("0;")


def line(*parts: tuple[str, Style]) -> Strip:
    return Strip([Segment(text, style) for text, style in parts]).adjust_cell_length(WIDTH, Style())


def update(strips: Sequence[Strip]) -> ChopsUpdate:
    spans = [(y, 0, WIDTH) for y in range(len(strips))]
    return ChopsUpdate([{0: strip} for strip in strips], spans, [[WIDTH] for _ in strips])


def sent(glass: Glass, strips: Sequence[Strip]) -> str:
    return str(glass.only_new(update(strips)).render_segments(CONSOLE))  # type: ignore[union-attr]


def test_the_terminal_shows_what_whole_lines_would_show() -> None:
    dice = random.Random(7)
    glass, told, whole = Glass(), Screen(), Screen()
    lines = [line(("x" * WIDTH, STYLES[0]))] * 4
    for _ in range(300):
        y = dice.randrange(4)
        words = [("".join(dice.choices("ab €", k=dice.randrange(1, 12))), dice.choice(STYLES)) for _ in range(3)]
        lines[y] = line(*words)
        told.write(sent(glass, lines))
        whole.write(update(lines).render_segments(CONSOLE))
        assert told.cells == whole.cells


def test_a_line_that_is_the_same_costs_nothing() -> None:
    glass = Glass()
    sent(glass, [line(("bench  10:00:00", STYLES[1]))])
    assert sent(glass, [line(("bench  10:00:00", STYLES[1]))]) == ""


def test_a_clock_that_ticks_costs_its_digit() -> None:
    glass = Glass()
    sent(glass, [line(("bench  10:00:00", STYLES[1]))])
    assert sent(glass, [line(("bench  10:00:01", STYLES[1]))]) == "\x1b[1;15H\x1b[0;31m1\x1b[0m"


def test_a_sign_of_two_columns_is_sent_with_its_whole_line() -> None:
    glass, told = Glass(), Screen()
    for word in ("宽a", "宽b", "wide"):
        written = sent(glass, [line((word, STYLES[1]))])
        assert word in written
    told.write(written)
    assert "".join(told.cells[x, 0][0] for x in range(4)) == "wide"


def test_a_picture_of_the_whole_screen_is_sent_whole_and_what_was_known_is_forgotten() -> None:
    glass = Glass()
    lines = [line(("same", STYLES[1]))]
    sent(glass, lines)
    whole = LayoutUpdate([[strip] for strip in lines], Region(0, 0, WIDTH, 1))
    assert glass.only_new(whole) is whole
    assert "same" in sent(glass, lines)
