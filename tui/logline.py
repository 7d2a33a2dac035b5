"""A log line as it is drawn: who, when, how bad, and what; wrapped or cut. Pure."""

from __future__ import annotations

import json
import zlib
from functools import lru_cache
from typing import Final, NamedTuple

from rich.cells import chop_cells

from providers.core.text import clean
from providers.logs.line import Line
from providers.logs.shape import Shape, shape_of

HUES: Final = 8
"""Colours that tell pods apart."""
_SIGNS: Final = {"error": "E", "fatal": "F", "warn": "W"}
WIDE, NARROW = 160, 100
LOOKED_AT: Final = 16 * 1024
"""Bytes of a line that are drawn at most, however far it is wrapped."""
REMEMBERED: Final = 256
"""Drawn lines that are kept: two screens of them."""


class Look(NamedTuple):
    """How lines are drawn."""

    stamps: bool = True
    wrap: bool = False
    pretty: bool = True
    names: bool = True
    chart: bool = True


class Drawn(NamedTuple):
    """One line: when, who (and the number of a colour), its level as a word and as a sign, the rows of its text."""

    stamp: str
    name: str
    hue: int
    level: str
    sign: str
    rows: tuple[str, ...]


# Lines that only moved, as all do in a log that goes on, are not read for their meaning again.
@lru_cache(maxsize=REMEMBERED)
def drawn(line: Line, look: Look, width: int, mark: bool = False) -> Drawn:
    """A line in a window of `width` cells."""
    shape = shape_of(line.text[:LOOKED_AT])
    stamp = f"{line.stamp[11:23].decode('ascii', 'replace')} " if look.stamps and line.stamp else ""
    name = f"{_name(line, width)} " if look.names else ""
    sign = ("*" if mark else " ") + _SIGNS.get(shape.level, " ") + " "
    room = max(8, width - len(stamp) - len(name) - len(sign))
    text = clean(_text(line, shape, look), LOOKED_AT)
    rows = tuple(chop_cells(text, room)) if look.wrap else (text,)
    return Drawn(stamp, name, zlib.crc32(line.origin.name.encode()) % HUES, shape.level, sign, rows or ("",))


def _name(line: Line, width: int) -> str:
    """As much of who wrote it as there is room for: the end of a pod's name is what tells it from its siblings."""
    if width >= WIDE:
        return line.origin.label
    return line.origin.name[-16:] if width >= NARROW else line.origin.name[-5:]


def _text(line: Line, shape: Shape, look: Look) -> str:
    if not look.pretty or shape.form not in {"json", "logfmt"} or not (shape.message or shape.fields):
        return line.text[:LOOKED_AT].decode("utf-8", "replace")
    # What stands at the head of the line already is not said again.
    known = {line.origin.name, line.origin.part}
    fields = "  ".join(f"{key}={value}" for key, value in shape.fields if value not in known)
    return "  ".join(part for part in (shape.message, fields) if part)


def opened(line: Line) -> list[str]:
    """All there is to say about one line, for a screen of its own."""
    shape = shape_of(line.text)
    head = [f"{line.stamp.decode('ascii', 'replace')}  {line.origin.label}", f"level {shape.level or 'unknown'}", ""]
    text = line.text.decode("utf-8", "replace")
    if shape.form == "json":
        return [*head, *json.dumps(json.loads(text), indent=2, ensure_ascii=False).splitlines(), "", "as written", text]
    if shape.form == "logfmt":
        return [*head, shape.message, *(f"  {key} = {value}" for key, value in shape.fields), "", "as written", text]
    return [*head, text]
