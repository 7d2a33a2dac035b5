"""What stands on a terminal, as far as the programs that are measured need one: moves, text, lines."""

from __future__ import annotations

import codecs
import re

_TOKEN = re.compile(
    r"\x1b\[(?P<row>\d*)(?:;(?P<column>\d*))?H|\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)"
    r"|\x1bP[^\x1b]*\x1b\\|\x1b[ -/]*[0-OQ-Z\\^-~]|(?P<control>[\x00-\x1a\x1c-\x1f])|(?P<text>[^\x00-\x1f]+)"
)


class Screen:
    """A grid of signs. Bytes come in as they are read: what is incomplete waits for its rest."""

    def __init__(self, width: int, height: int) -> None:
        self._rows = [[" "] * width for _ in range(height)]
        self._width = width
        self._x = self._y = 0
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._rest = ""

    def feed(self, data: bytes) -> None:
        """Take over what a program wrote."""
        written, at = self._rest + self._decoder.decode(data), 0
        while found := _TOKEN.match(written, at):
            at = found.end()
            if found["text"]:
                self._write(found["text"])
            elif found["control"]:
                self._control(found["control"])
            elif found["row"] is not None:
                self._y, self._x = int(found["row"] or 1) - 1, int(found["column"] or 1) - 1
        self._rest = written[at:]

    def text(self) -> str:
        """All lines."""
        return "\n".join("".join(row) for row in self._rows)

    def _write(self, text: str) -> None:
        if self._y < len(self._rows):
            row = self._rows[self._y]
            row[self._x : self._x + len(text)] = text
            del row[self._width :]
        self._x += len(text)

    def _control(self, sign: str) -> None:
        if sign == "\r":
            self._x = 0
        elif sign == "\n":
            self._y += 1
