"""A long line is wrapped into its column, and no cell of it is lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tui.lines import Line, wrapped


@pytest.mark.parametrize(
    ("line", "rows"),
    [
        (Line("short"), ["short"]),
        (Line(""), [""]),
        (Line("label  one two three", hang=7), ["label  one", "     two", "     three"]),
        (Line("    - indented words"), ["    -", "indented", "words"]),
        (Line("漢字漢字漢字漢字", hang=4), ["漢字漢字漢", "字漢字"]),
        (Line("a → b → c → d"), ["a → b → c", "→ d"]),
    ],
)
def test_rows(line: Line, rows: list[str]) -> None:
    assert wrapped(line, 10) == rows


@given(st.text(max_size=200), st.integers(10, 60), st.integers(0, 80))
def test_no_row_is_too_wide_and_no_letter_is_lost(text: str, room: int, hang: int) -> None:
    rows = wrapped(Line(text, hang=hang), room)
    assert all(cell_len(row) <= room for row in rows)
    assert "".join("".join(rows).split()) == "".join(text.split())
