"""A cursor stands on a thing: it goes where the thing goes, and never onto another by itself."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tui.cursor import Cursor

LISTS = st.lists(st.sampled_from("abcdefgh"), unique=True, max_size=8)


def test_it_begins_on_the_first_and_follows_it() -> None:
    cursor = Cursor()
    cursor.settle(["a", "b"], chosen=False)
    assert (cursor.index, cursor.gone) == (0, False)
    cursor.settle(["c", "b", "a"], chosen=False)
    assert (cursor.index, cursor.gone) == (2, False)


def test_when_the_thing_vanishes_nothing_is_selected_until_somebody_goes() -> None:
    cursor = Cursor()
    cursor.settle(["a", "b", "c"], chosen=False)
    cursor.go(2, "c")
    cursor.settle(["a", "b"], chosen=False)
    assert (cursor.index, cursor.gone) == (1, True)
    cursor.go(1, "b")
    assert not cursor.gone


def test_who_narrows_means_the_first_row_and_finds_the_old_one_again() -> None:
    cursor = Cursor()
    cursor.settle(["a", "b", "c"], chosen=False)
    cursor.go(2, "c")
    cursor.settle(["a", "b"], chosen=True)
    assert (cursor.index, cursor.gone) == (0, False)
    cursor.settle(["b"], chosen=True)
    cursor.settle(["a", "b", "c"], chosen=True)
    assert (cursor.index, cursor.gone) == (2, False)


def test_whoever_moved_meanwhile_stays_there() -> None:
    cursor = Cursor()
    cursor.settle(["a", "b", "c"], chosen=False)
    cursor.go(2, "c")
    cursor.settle(["a", "b"], chosen=True)
    cursor.go(1, "b")
    cursor.settle(["a", "b", "c"], chosen=True)
    assert (cursor.index, cursor.gone) == (1, False)


@given(st.lists(st.tuples(LISTS, st.booleans()), max_size=12))
def test_it_always_stands_in_the_list_and_on_what_it_says(history: list[tuple[list[str], bool]]) -> None:
    cursor = Cursor()
    before: str | None = None
    for keys, chosen in history:
        cursor.settle(keys, chosen=chosen)
        assert 0 <= cursor.index < max(1, len(keys))
        now = None if cursor.gone or not keys else keys[cursor.index]
        if not chosen and before is not None and before in keys:
            assert now == before
        if not chosen and before is not None and now is not None:
            assert now == before, "the list changed by itself: another thing must not be selected"
        before = now if now is not None else None if not keys else before
