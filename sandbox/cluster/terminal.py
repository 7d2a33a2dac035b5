"""A terminal's line discipline, as far as somebody in `kubectl exec -it` feels it: echo, erase, end of input."""

from __future__ import annotations

from typing import Final

ERASE: Final = frozenset(b"\x7f\x08")
INTERRUPT, END, KILL, ESCAPE = 3, 4, 21, 27


class Discipline:
    """`typed` takes what comes from the keyboard; a line reaches the program when it is finished."""

    def __init__(self) -> None:
        self._line = bytearray()
        self._escaped = 0

    def typed(self, data: bytes) -> tuple[bytes, bytes, bool]:
        """(what to show, what the program reads, whether its input has ended)."""
        shown, read = bytearray(), bytearray()
        for byte in data:
            if self._escaped or byte == ESCAPE:
                self._skip(byte)
            elif byte in b"\r\n":
                shown += b"\r\n"
                read += self._line + b"\n"
                self._line.clear()
            elif byte in ERASE and self._line:
                self._line.pop()
                shown += b"\b \b"
            elif byte in (INTERRUPT, KILL):
                shown += b"^C\r\n" if byte == INTERRUPT else b"\b \b" * len(self._line)
                read += b"\n" if byte == INTERRUPT else b""
                self._line.clear()
            elif byte == END and not self._line:
                return bytes(shown), bytes(read), True
            elif byte >= 32 and byte not in ERASE:
                self._line.append(byte)
                shown.append(byte)
        return bytes(shown), bytes(read), False

    def _skip(self, byte: int) -> None:
        """Arrow keys and the like: an escape sequence ends with a letter or "~"."""
        self._escaped += 1
        begun_otherwise = self._escaped == 2 and byte not in b"[O"
        if begun_otherwise or (self._escaped > 2 and (chr(byte).isalpha() or byte == ord("~"))):
            self._escaped = 0


def printed(output: bytes) -> bytes:
    """What a program writes, as the screen gets it."""
    return output.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
