"""Waits grow, are capped, and are spread."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from providers.core.backoff import Backoff


def test_without_jitter_it_doubles_to_the_cap() -> None:
    backoff = Backoff(first=0.8, cap=30.0, jitter=0.0)
    assert [backoff.delay(attempt) for attempt in range(7)] == [0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 30.0]


@given(st.integers(0, 10**9))
def test_every_wait_lies_between_its_base_and_twice_it(attempt: int) -> None:
    backoff = Backoff()
    assert min(30.0, 0.8 * 2.0 ** min(attempt, 16)) <= backoff.delay(attempt) <= 60.0


def test_two_consoles_do_not_come_back_together() -> None:
    assert len({Backoff().delay(3) for _ in range(20)}) > 1
