"""Nothing that was cleaned can drive a terminal, hide, or overwrite."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from providers.core.text import BANNED, LINE_LIMIT, clean, clean_lines, plain

# Visible signs that carry the formatting category because of what they do to the digits that follow.
_VISIBLE = {*range(0x600, 0x606), 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD}
_HOSTILE = st.text(st.one_of(st.characters(), st.sampled_from("\x1b\x07\x9b\r\n\t\u202e\u200b\ufeff\U000e0041\ud800")))


def test_every_control_and_formatting_character_of_unicode_is_banned() -> None:
    left = [
        hex(code)
        for code in range(0x110000)
        if unicodedata.category(chr(code)) in {"Cc", "Cf", "Cs", "Zl", "Zp"}
        and code != 9
        and code not in _VISIBLE
        and not BANNED.match(chr(code))
    ]
    assert left == []


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("boom \x1b[>q", "boom ␛[>q"),
        ("a\rb\x08c\x07\x00", "a␍b␈c␇␀"),
        ("\x7f\x9b2J\x85", "␡�2J�"),
        ("relayer\u200b\u202e\U000e0041", "relayer���"),
        ("a\tb", "a   b"),
        ("\ud800", "\ufffd"),
        ("plain ☃ ünï", "plain ☃ ünï"),
        (b"\xff\xfe ok \x1b", "\ufffd\ufffd ok ␛"),
    ],
)
def test_what_is_shown_instead(text: str | bytes, shown: str) -> None:
    assert clean(text) == shown


@settings(max_examples=500)
@given(_HOSTILE)
def test_clean_is_safe_encodable_and_idempotent(text: str) -> None:
    shown = clean(text)
    assert not BANNED.search(shown)
    assert "\t" not in shown
    shown.encode()
    assert clean(shown) == shown


@given(st.binary())
def test_any_bytes_make_a_line(data: bytes) -> None:
    assert not BANNED.search(clean(data))


def test_a_long_line_is_cut_and_says_by_how_much() -> None:
    assert clean("x" * LINE_LIMIT) == "x" * LINE_LIMIT
    assert clean("x" * (LINE_LIMIT + 5)) == "x" * LINE_LIMIT + " …[+5 chars]"
    began = time.perf_counter()
    clean("\x1b" * 5_000_000)
    assert time.perf_counter() - began < 0.5


def test_lines_are_split_at_newlines_only_and_bounded() -> None:
    assert clean_lines("a\r\nb\x0bc\u2028d\n\ne\n") == ("a", "b␋c�d", "", "e")
    assert clean_lines(b"") == ("",)
    assert clean_lines("x\n" * 5, most=3) == ("x", "x", "x", "…[+2 lines]")


@given(_HOSTILE)
def test_no_line_holds_anything_banned(text: str) -> None:
    assert not any(BANNED.search(line) for line in clean_lines(text))


def test_plain_names() -> None:
    assert plain("fusion-bitcoin-relayer")
    assert not any(plain(name) for name in ("r\u0435layer", "a\u200bb", "a\x1b", "ü"))
