"""What somebody who types feels of a terminal."""

from __future__ import annotations

import pytest

from sandbox.cluster.terminal import Discipline, printed


@pytest.mark.parametrize(
    ("typed", "shown", "read", "ended"),
    [
        (b"ls\r", b"ls\r\n", b"ls\n", False),
        (b"lx\x7fs\r", b"lx\b \bs\r\n", b"ls\n", False),
        (b"\x7f\r", b"\r\n", b"\n", False),
        (b"half", b"half", b"", False),
        (b"oops\x03", b"oops^C\r\n", b"\n", False),
        (b"ab\x15c\r", b"ab\b \b\b \bc\r\n", b"c\n", False),
        (b"\x04", b"", b"", True),
        (b"a\x04", b"a", b"", False),
        (b"\x1b[Aa\x1b[3~\x1bOPb\r", b"ab\r\n", b"ab\n", False),
        (b"\x1bxa\r", b"a\r\n", b"a\n", False),
    ],
)
def test_lines(typed: bytes, shown: bytes, read: bytes, ended: bool) -> None:
    assert Discipline().typed(typed) == (shown, read, ended)
    piecewise, total = Discipline(), (b"", b"")
    for byte in typed:
        some = piecewise.typed(bytes([byte]))
        total = (total[0] + some[0], total[1] + some[1])
    assert total == (shown, read)


def test_output_returns_the_carriage_once() -> None:
    assert printed(b"a\nb\r\n") == b"a\r\nb\r\n"
