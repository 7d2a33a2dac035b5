"""Which rows of a log stand in the window: a pure function of the book, the reader's place, and the room there is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from providers.logs.book import Book
from tui.logline import Drawn, Look, drawn


class Row(NamedTuple):
    """One row of the window: a line by number, drawn, and which row of its text."""

    number: int
    drawn: Drawn
    part: int


class Place(NamedTuple):
    """Where the reader is. `cursor` is the number of the line one stands on, None while following; `top` the number of
    the first line in sight."""

    cursor: int | None = None
    top: int = 0


def window(book: Book, look: Look, place: Place, room: int, width: int) -> tuple[list[Row], Place]:
    """At most `room` rows, and the place as it is now: lines that are not there any more give way to the next."""
    numbers = book.numbers
    if place.cursor is None or not numbers or not room:
        return _upward(book, look, numbers, room, width), place
    at = min(book.place(place.cursor), len(numbers) - 1)
    top = min(max(book.place(place.top), at - room + 1), at)
    if not look.wrap:
        top = max(0, min(top, len(numbers) - room))
    rows = _downward(book, look, numbers, (top, at), room, width)
    return rows, Place(numbers[at], rows[0].number)


def _upward(book: Book, look: Look, numbers: Sequence[int], room: int, width: int) -> list[Row]:
    """The rows that end with the newest line."""
    rows: list[Row] = []
    for at in range(len(numbers) - 1, -1, -1):
        if len(rows) >= room:
            break
        rows[:0] = _rows(book, look, numbers[at], width)
    return rows[max(0, len(rows) - room) :]


def _downward(
    book: Book, look: Look, numbers: Sequence[int], span: tuple[int, int], room: int, width: int
) -> list[Row]:
    """The rows from the first place of `span` on; wrapped, as much further down as the line at its second needs."""
    top, at = span
    rows = [row for place in range(top, at + 1) for row in _rows(book, look, numbers[place], width)]
    if len(rows) > room:
        own = sum(row.number == numbers[at] for row in rows)
        rows = rows[-room:] if own <= room else rows[-own:]
    for place in range(at + 1, len(numbers)):
        if len(rows) >= room:
            break
        rows += _rows(book, look, numbers[place], width)
    return rows[:room]


def _rows(book: Book, look: Look, number: int, width: int) -> list[Row]:
    found = drawn(book.ring[number], look, width, number in book.marks)
    return [Row(number, found, part) for part in range(len(found.rows))]
