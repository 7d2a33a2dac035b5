"""Never more changes in a span than allowed, whatever the order."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from providers.core.budget import Budget
from tests.unit.core.build import FakeClock


def test_the_last_one_is_refused_with_the_time_to_wait() -> None:
    clock = FakeClock()
    budget = Budget(2, 600.0, clock)
    assert (budget.take(), budget.left) == ("", 1)
    clock.seconds += 100
    assert (budget.take(), budget.left) == ("", 0)
    assert budget.take() == "2 changes were made in the last 10 min; the next is free in 500 s"
    clock.seconds += 500
    assert (budget.left, budget.take()) == (1, "")


def test_what_was_not_sent_is_given_back() -> None:
    budget = Budget(1, 60.0, FakeClock())
    budget.take()
    budget.give_back()
    assert budget.take() == ""
    budget.give_back()
    budget.give_back()
    assert budget.left == 1


@given(st.lists(st.floats(0.0, 30.0), max_size=60), st.integers(1, 4))
def test_no_window_holds_more_than_allowed(gaps: list[float], most: int) -> None:
    clock, taken = FakeClock(), []
    budget = Budget(most, 60.0, clock)
    for gap in gaps:
        clock.seconds += gap
        if not budget.take():
            taken.append(clock.seconds)
    for start in taken:
        assert sum(start <= at < start + 60.0 for at in taken) <= most
