"""Lines for the tests of the log parts."""

from __future__ import annotations

from providers.logs.line import Line, Origin

POD = Origin("relayer-a", "relayer", "u1")


def line(text: str | bytes, second: int = 0, origin: Origin = POD) -> Line:
    """A line written so many seconds after 09:00."""
    stamp = f"2026-11-25T09:{second // 60:02d}:{second % 60:02d}.5Z".encode()
    return Line(origin, stamp, text if isinstance(text, bytes) else text.encode())


def numbered(count: int, start: int = 0) -> list[Line]:
    """Lines "0", "1", …"""
    return [line(str(i)) for i in range(start, start + count)]
