"""The blocking tree: counted over every path, each session once, circles entered and left."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from providers.postgres.blocking import _Lock as Lock
from providers.postgres.blocking import edges_of, freed_by, locked_of, tree
from providers.postgres.values import Locked


def _tree(edges: dict[int, set[int]]) -> list[tuple[int, int, int, int, bool]]:
    nodes = tree({pid: frozenset(by) for pid, by in edges.items()}, {}, {}, {})
    return [(n.pid, n.depth, n.holds_up, n.frees, n.cycle) for n in nodes]


def test_roots_come_by_weight_and_children_below_them() -> None:
    assert _tree({2: {1}, 3: {2}, 5: {4}}) == [
        (1, 0, 2, 1, False), (2, 1, 1, 1, False), (3, 2, 0, 0, False), (4, 0, 1, 1, False), (5, 1, 0, 0, False),
    ]  # fmt: skip


def test_who_waits_for_two_is_freed_by_neither() -> None:
    assert _tree({3: {1, 2}, 4: {3}}) == [
        (1, 0, 2, 0, False), (3, 1, 1, 1, False), (4, 2, 0, 0, False), (2, 0, 2, 0, False),
    ]  # fmt: skip


def test_a_diamond_counts_each_once() -> None:
    assert _tree({2: {1}, 3: {1}, 4: {2, 3}})[0] == (1, 0, 3, 2, False)


def test_a_circle_with_a_tail() -> None:
    assert _tree({1: {2}, 2: {1}, 3: {1}}) == [(1, 0, 2, 2, True), (2, 1, 2, 1, True), (3, 1, 0, 0, False)]


@given(st.dictionaries(st.integers(0, 12), st.frozensets(st.integers(0, 12), min_size=1, max_size=4), max_size=12))
def test_any_waits(edges: dict[int, frozenset[int]]) -> None:
    edges = {pid: by - {pid} for pid, by in edges.items() if by - {pid}}
    nodes = tree(edges, {}, {}, {})
    assert sorted(n.pid for n in nodes) == sorted(set(edges).union(*edges.values()))
    assert edges_of(nodes) == edges
    assert all(n.frees <= n.holds_up for n in nodes)
    assert all(b.depth <= a.depth + 1 for a, b in pairwise(nodes))
    assert all((n.depth == 0) or n.blocked_by for n in nodes)
    assert all(freed_by(n.pid, edges) == frozenset() for n in nodes if n.holds_up == 0)


def test_a_row_s_table_is_that_of_the_tuple_lock_beside() -> None:
    locks = [
        Lock(1, "transactionid", "ShareLock", False, ""),
        Lock(1, "tuple", "ExclusiveLock", True, "public.swaps"),
        Lock(2, "relation", "RowExclusiveLock", True, "public.swaps"),
        Lock(3, "advisory", "ExclusiveLock", False, ""),
    ]
    found = locked_of(locks)
    assert found[1] == (Locked("public.swaps", "ShareLock", "transactionid"),)
    assert found[2] == (Locked("public.swaps", "RowExclusiveLock", "relation"),)
    assert str(found[3][0]) == "advisory ExclusiveLock"
