"""Expressions are quick, honest about mistakes, and mean the same one by one and all at once."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from providers.core.errors import UsageError
from providers.logs.pattern import Pattern
from providers.logs.screening import Screening
from tests.unit.logs.lines import line

TEXTS = st.lists(st.binary(max_size=12).map(lambda b: b.replace(b"\n", b"")), max_size=120)
EXPRESSIONS = ("a", "^a", "a$", "^$", "[^a]", r"\s", "a|b", ".*", "x*", "(?i)A", "(?s)a.", r"\d+", r"^\W", "a\\nb")


@given(st.sampled_from(EXPRESSIONS), TEXTS)
@example("^$", [b"a"] * 40 + [b"", b""])
@example("^$", [b"a"] * 40 + [b"b"] + [b""] * 3)
def test_all_at_once_is_one_by_one(text: str, lines: list[bytes]) -> None:
    pattern = Pattern(text)
    expected = [i for i, one in enumerate(lines) if pattern.found_in(one)]
    assert pattern.indices(lines) == expected
    assert pattern._sparse(lines) == expected if lines else True


@given(st.text(alphabet="ab .", max_size=4), st.lists(st.text(alphabet="ab .", max_size=8), max_size=30))
def test_it_agrees_with_the_standard_library(text: str, lines: list[str]) -> None:
    coded = [one.encode() for one in lines]
    assert Pattern(text).indices(coded) == [i for i, one in enumerate(lines) if re.search(text, one)]


@pytest.mark.parametrize(
    ("text", "said"),
    [("(a", "missing )"), ("a**", "repetition"), ("[z-a]", "range"), ("(?=a)b", "lookaround"), (r"(a)\1", "escape")],
)
def test_what_is_no_expression_says_why(text: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        Pattern(text)
    assert said in f"{caught.value.message} {caught.value.fix}"


def test_one_that_is_too_long_is_refused() -> None:
    with pytest.raises(UsageError, match="more than 1000"):
        Pattern("a" * 1001)


def test_a_catastrophic_expression_is_as_quick_as_any() -> None:
    evil = [b"a" * 5000 + b"!"] * 20
    started = time.process_time()
    assert Pattern("(a+)+$").indices(evil) == []
    # A backtracking engine would need longer than the universe has.
    assert time.process_time() - started < 20


def test_bytes_that_are_no_text_are_searched_too() -> None:
    assert Pattern("end").indices([b"\xff\xfe\x00 end", b"\xc3\x28"]) == [0]


def test_a_screening_keeps_what_it_should_in_order() -> None:
    screening = Screening.parse(["e"], ["debug", "^trace"])
    texts = ["info one", "error two", "debug e", "trace e", "three e"]
    assert [one.text for one in screening.kept([line(t) for t in texts])] == [b"info one", b"error two", b"three e"]
    assert screening.text == "/e/ !/debug/ !/^trace/"
    assert not Screening()


def test_a_screening_names_the_wrong_one() -> None:
    with pytest.raises(UsageError, match=r"^\(b: not a regular expression"):
        Screening.parse(["a"], ["(b"])
