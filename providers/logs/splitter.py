"""Bytes as they arrive, split into lines."""

from __future__ import annotations

from typing import Final

LONGEST: Final = 1024 * 1024
"""Bytes kept of one line; the rest of it is left out, and the line is counted as shortened."""


class Splitter:
    """Gives complete lines; what comes after the last newline waits for its own."""

    def __init__(self, longest: int = LONGEST) -> None:
        self._longest = longest
        self._rest = bytearray()
        self._overflowing = False
        self.shortened = 0

    def feed(self, chunk: bytes) -> list[bytes]:
        """The lines that this chunk completes, without their newlines."""
        head, newline, tail = chunk.rpartition(b"\n")
        if not newline:
            self._keep(chunk)
            return []
        lines = head.split(b"\n")
        if self._rest or self._overflowing:
            self._keep(lines[0])
            lines[0] = self._flush()
        if len(head) > self._longest:
            lines = [self._short(line) for line in lines]
        self._keep(tail)
        return lines

    @property
    def rest(self) -> bytes:
        """What came after the last newline."""
        return bytes(self._rest)

    def discard(self) -> None:
        """Forget what has no newline yet: it will be sent again."""
        self._rest.clear()
        self._overflowing = False

    def end(self) -> list[bytes]:
        """The last line, when it has no newline."""
        return [self._flush()] if self._rest else []

    def _keep(self, piece: bytes) -> None:
        kept = max(0, self._longest - len(self._rest))
        self._rest += piece[:kept]
        self._overflowing |= bool(piece) and kept < len(piece)

    def _flush(self) -> bytes:
        line = bytes(self._rest)
        self.shortened += self._overflowing
        self._rest.clear()
        self._overflowing = False
        return line

    def _short(self, line: bytes) -> bytes:
        if len(line) <= self._longest:
            return line
        self.shortened += 1
        return line[: self._longest]
