"""A ring holds the newest lines, by numbers that never change; a sieve knows which of them match."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.logs.histogram import Histogram
from providers.logs.line import Line
from providers.logs.ring import Ring
from providers.logs.sieve import SLICE, Sieve
from tests.unit.logs.lines import POD, line, numbered


@given(st.integers(1, 9), st.lists(st.integers(0, 25), max_size=8))
def test_it_holds_the_newest_by_number(capacity: int, batches: list[int]) -> None:
    ring, put = Ring(capacity), 0
    for size in batches:
        ring.extend(numbered(size, put))
        put += size
        assert (ring.end, ring.first, len(ring)) == (put, max(0, put - capacity), min(put, capacity))
        assert [ring[n].text for n in range(ring.first, put)] == [str(n).encode() for n in range(ring.first, put)]
        assert [one.text for one in ring.lines(0, put + 5)] == [str(n).encode() for n in range(ring.first, put)]


def test_what_is_not_held_raises() -> None:
    ring = Ring(2)
    ring.extend(numbered(3))
    for number in (-1, 0, 3):
        with pytest.raises(IndexError):
            ring[number]
    assert ring.lines(3, 3) == []
    with pytest.raises(ValueError, match="at least one"):
        Ring(0)


def test_it_can_be_emptied() -> None:
    ring = Ring(4)
    ring.extend(numbered(6))
    ring.clear()
    assert (len(ring), ring.first, ring.end, ring.lines(0, 9)) == (0, 0, 0, [])


@given(st.integers(1, 30), st.lists(st.tuples(st.integers(0, 40), st.integers(0, 3)), max_size=8))
def test_a_sieve_knows_every_match_that_is_held(capacity: int, moves: list[tuple[int, int]]) -> None:
    ring = Ring(capacity)
    sieve = Sieve(ring, lambda lines: [i for i, one in enumerate(lines) if one.text.endswith(b"3")])
    put = 0
    for size, steps in moves:
        ring.extend(numbered(size, put))
        put += size
        for _ in range(steps):
            sieve.step()
    while sieve.step():
        pass
    sieve.forget()
    assert sieve.behind == 0
    assert sieve.numbers == [n for n in range(ring.first, put) if str(n).endswith("3")]


def test_a_slice_is_bounded_and_the_next_match_is_found() -> None:
    ring = Ring(SLICE * 3)
    ring.extend(numbered(SLICE * 2))
    sieve = Sieve(ring, lambda lines: [i for i, one in enumerate(lines) if one.text in {b"7", b"6000"}])
    assert sieve.step()
    assert (sieve.numbers, sieve.behind) == ([7], SLICE)
    assert sieve.step()
    assert not sieve.step()
    assert (sieve.after(7), sieve.after(6000), sieve.before(7), sieve.before(9000)) == (6000, None, None, 6000)


def test_what_was_found_in_lines_that_fell_out_meanwhile_is_left_out() -> None:
    ring = Ring(10)
    ring.extend(numbered(10))
    sieve = Sieve(ring, lambda lines: range(len(lines)))
    start, lines = sieve.task()
    ring.extend(numbered(7, 10))
    sieve.take(start, len(lines), range(len(lines)))
    assert sieve.numbers == [7, 8, 9]


def test_a_histogram_counts_in_equal_bars() -> None:
    histogram = Histogram()
    lines = [line("x", second) for second in (0, 0, 1, 5, 9)]
    histogram.add(lines, [1, 4])
    bars = histogram.bars(5)
    assert [(bar.at.second, bar.lines, bar.errors) for bar in bars] == [
        (0, 3, 1), (2, 0, 0), (4, 1, 0), (6, 0, 0), (8, 1, 1),
    ]  # fmt: skip
    assert [bar.lines for bar in histogram.bars(1)] == [5]
    assert sum(bar.lines for bar in histogram.bars(3)) == 5
    assert Histogram().bars(5) == ()


def test_one_old_line_does_not_press_the_others_together() -> None:
    histogram = Histogram()
    histogram.add([line("old", 0), *(line("x", second) for second in (200, 201, 209))], [])
    bars = histogram.bars(10, span=60)
    assert [bar.lines for bar in bars] == [1, 1, 0, 0, 0, 0, 0, 0, 0, 1]
    assert bars[-1].end.second == 30
    assert len(histogram.bars(10)) == 10


def test_a_histogram_survives_lines_without_a_time() -> None:
    histogram = Histogram()
    histogram.add([line("x"), Line(POD, b"", b"no time")], [])
    assert histogram.bars(3)
