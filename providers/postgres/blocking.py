"""Who holds up whom: the tree of sessions that wait for locks, as the server's lock manager sees it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

import msgspec

from providers.postgres.activity import backends
from providers.postgres.client import PgClient
from providers.postgres.values import Backend, Locked, LockNode

EVERY: Final = 5.0
DEEPEST: Final = 50

Edges = Mapping[int, frozenset[int]]
"""Session to those it waits for."""


class _Waiter(msgspec.Struct, frozen=True):
    pid: int
    blockers: list[int]


class _Lock(msgspec.Struct, frozen=True):
    pid: int
    locktype: str
    mode: str
    granted: bool
    relation: str
    waited: float | None = None


async def blocking(client: PgClient) -> tuple[LockNode, ...]:
    """The tree now, the one who holds up most first. One cheap statement while nobody waits."""
    waiters = await client.values("waiting", _Waiter)
    edges = {waiter.pid: frozenset(waiter.blockers) - {waiter.pid} for waiter in waiters if waiter.blockers}
    if not edges:
        return ()
    pids = sorted(set(edges).union(*edges.values()) - {0})
    locks = await client.values("locks", _Lock, {"pids": pids})
    known = {backend.pid: backend for backend in await backends(client, pids)}
    return tree(edges, known, locked_of(locks), {lock.pid: lock.waited for lock in locks if lock.waited is not None})


def tree(
    edges: Edges,
    known: Mapping[int, Backend],
    locked: Mapping[int, tuple[Locked, ...]],
    waited: Mapping[int, float],
) -> tuple[LockNode, ...]:
    """Every session once, below one of its blockers; roots and siblings by how many they hold up."""
    waiting = _waiting(edges)
    weights = {pid: len(_behind(pid, waiting)) for pid in set(edges) | set(waiting)}
    circles = {pid for pid in edges if pid in _behind(pid, waiting, itself=True)}

    def node(pid: int, depth: int) -> LockNode:
        by = tuple(sorted(edges.get(pid, ())))
        return LockNode(
            pid=pid,
            depth=depth,
            holds_up=weights[pid],
            frees=len(freed_by(pid, edges)),
            blocked_by=by,
            cycle=pid in circles,
            locked=locked.get(pid, ()),
            waited=waited.get(pid),
            backend=known.get(pid),
        )

    return tuple(node(pid, depth) for pid, depth in _walk(edges, waiting, weights))


def freed_by(pid: int, edges: Edges) -> frozenset[int]:
    """Sessions that wait for it and for nobody else. Those behind them wait for them next: it is a queue."""
    return frozenset(waiter for waiter, blockers in edges.items() if blockers == {pid})


def edges_of(nodes: Iterable[LockNode]) -> Edges:
    """The waits a tree was made of."""
    return {node.pid: frozenset(node.blocked_by) for node in nodes if node.blocked_by}


def locked_of(locks: Sequence[_Lock]) -> dict[int, tuple[Locked, ...]]:
    """What each session waits for, or else holds of what others wait for.

    Who waits for a row waits for its writer's transaction; the row's table is in the tuple lock beside that.
    """
    found: dict[int, tuple[Locked, ...]] = {}
    for pid in {lock.pid for lock in locks}:
        mine = [lock for lock in locks if lock.pid == pid]
        wanted = [lock for lock in mine if not lock.granted]
        row = next((lock.relation for lock in mine if lock.locktype == "tuple" and lock.relation), "")
        shown = wanted or [lock for lock in mine if lock.locktype == "relation"]
        found[pid] = tuple(dict.fromkeys(Locked(lock.relation or row, lock.mode, lock.locktype) for lock in shown))[:5]
    return found


def _waiting(edges: Edges) -> dict[int, frozenset[int]]:
    """The other way round: session to those that wait for it directly."""
    found: dict[int, set[int]] = {}
    for waiter, blockers in edges.items():
        for blocker in blockers:
            found.setdefault(blocker, set()).add(waiter)
    return {pid: frozenset(waiters) for pid, waiters in found.items()}


def _behind(pid: int, waiting: Edges, *, itself: bool = False) -> set[int]:
    """All that wait for it, directly or not; `itself` leaves it in when a circle leads back."""
    seen: set[int] = set()
    todo = list(waiting.get(pid, ()))
    while todo:
        if (one := todo.pop()) not in seen:
            seen.add(one)
            todo += waiting.get(one, ())
    return seen if itself else seen - {pid}


def _walk(edges: Edges, waiting: Edges, weights: Mapping[int, int]) -> Iterator[tuple[int, int]]:
    """(session, depth) from the roots down; what is left then are circles, entered where most wait."""

    def heaviest(pids: Iterable[int]) -> list[int]:
        return sorted(pids, key=lambda pid: (-weights[pid], pid))

    seen: set[int] = set()
    for root in (*heaviest(pid for pid in weights if not edges.get(pid)), *heaviest(weights)):
        todo = [(root, 0)]
        while todo:
            pid, depth = todo.pop()
            if pid in seen:
                continue
            seen.add(pid)
            yield pid, depth
            todo += [(below, min(depth + 1, DEEPEST)) for below in reversed(heaviest(waiting.get(pid, ())))]
