"""Texts of the server on one line, clean, at a cost that grows with their length and no faster."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.core.errors import Garbled
from providers.core.text import BANNED
from providers.postgres.decoding import ADAPTERS, one_line, shaped
from providers.postgres.values import Since


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        (b"SELECT 1", "SELECT 1"),
        (b"SELECT a,\n\t   b\r\n\r\n  FROM c \n", "SELECT a, b FROM c"),
        (b"caf\xe9 \xff", "caf\ufffd \ufffd"),
        (b"x\x1b]52;c;y\x07", "x␛]52;c;y␇"),
        (b"a\tb", "a   b"),
    ],
)
def test_one_line(sent: bytes, shown: str) -> None:
    assert one_line(sent) == shown


@given(st.text())
def test_nothing_banned_comes_through(text: str) -> None:
    found = one_line(text)
    assert BANNED.search(found) is None
    assert one_line(found.encode()) == found


def test_blanks_without_end_cost_nothing() -> None:
    started = time.process_time()
    for _ in range(20):
        one_line(" x" + " " * 50_000 + "\n" + " " * 50_000 + "x")
    assert time.process_time() - started < 0.5


@pytest.mark.parametrize("kind", ["text", "varchar", "bpchar", "name"])
def test_every_text_type_is_cleaned(kind: str) -> None:
    loader = ADAPTERS.get_loader(ADAPTERS.types[kind].oid, 0)  # type: ignore[arg-type]
    assert loader is not None
    assert loader(0).load(b"\x1b[2J") == "␛[2J"


def test_json_is_cleaned_inside() -> None:
    loader = ADAPTERS.get_loader(ADAPTERS.types["jsonb"].oid, 0)  # type: ignore[arg-type]
    assert loader is not None
    assert loader(0).load(rb'[{"a\u001b": ["b\u0007", 1, null]}]') == [{"a␛": ["b␇", 1, None]}]


def test_rows_of_another_shape_are_garbled() -> None:
    with pytest.raises(Garbled, match="not as expected"):
        shaped([{"calls": "many", "total": 1.0}], Since, "postgres")
