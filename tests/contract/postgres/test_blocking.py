"""Who holds up whom, with real locks of real sessions."""

from __future__ import annotations

import asyncio

import pytest

from providers.core.config import Thresholds
from providers.postgres.blocking import blocking
from providers.postgres.values import LockNode
from tests.contract.postgres.conftest import Apply, Connect
from tests.contract.postgres.waiting import Blocked, asked_until, until

pytestmark = pytest.mark.asyncio(loop_scope="session")
SWAP = "UPDATE htlcs SET state = state WHERE id = {}"


def _of(nodes: tuple[LockNode, ...], *pids: int) -> list[tuple[int, int, int, int]]:
    return [(pids.index(n.pid), n.depth, n.holds_up, n.frees) for n in nodes if n.pid in pids]


async def test_nobody_waits(connect: Connect) -> None:
    client = connect("oncall").client
    assert await asked_until(lambda: blocking(client), lambda nodes: not nodes) == ()


async def test_a_chain_is_a_tree_with_its_root_first(connect: Connect, session: Apply) -> None:
    db = connect("oncall")
    root, middle, other = await session(), await session(), await session()
    await root.execute("LOCK TABLE prices IN ACCESS EXCLUSIVE MODE")
    await root.execute(SWAP.format(1))
    await middle.execute(SWAP.format(2))
    first = Blocked(middle, SWAP.format(1))
    await asked_until(lambda: blocking(db.client), lambda nodes: first.pid in {n.pid for n in nodes})
    second, third = Blocked(other, SWAP.format(2)), Blocked(await session(), "SELECT count(*) FROM prices")
    pids = (root.info.backend_pid, first.pid, second.pid, third.pid)
    nodes = await asked_until(lambda: blocking(db.client), lambda found: set(pids) <= {n.pid for n in found})
    assert sorted(_of(nodes, *pids)) == [(0, 0, *_root(nodes, pids[0])), (1, 1, 1, 1), (2, 2, 0, 0), (3, 1, 0, 0)]
    assert _root(nodes, pids[0]) >= (3, 2)
    by = {node.pid: node for node in nodes}
    assert by[first.pid].locked[0].relation == "public.htlcs"
    assert by[pids[0]].waited is None and 0 < (by[first.pid].waited or 0) < 20
    assert (by[third.pid].locked[0].relation, by[third.pid].locked[0].mode) == ("public.prices", "AccessShareLock")
    assert "AccessExclusiveLock" in {locked.mode for locked in by[pids[0]].locked}
    backend = by[pids[0]].backend
    assert backend is not None and backend.idle_in_transaction and backend.user == "fusion_app"
    await root.rollback()
    assert await first.ended() == "done"
    assert await third.ended() == "done"
    await middle.rollback()
    assert await second.ended() == "done"


def _root(nodes: tuple[LockNode, ...], pid: int) -> tuple[int, int]:
    return next((n.holds_up, n.frees) for n in nodes if n.pid == pid)


async def test_a_circle_ends(connect: Connect, session: Apply) -> None:
    db = connect("oncall")
    one, two = await session("sandbox"), await session("sandbox")
    for held, row in ((one, 11), (two, 12)):
        # Long enough that the server does not break the circle before it is seen.
        await held.execute("SET LOCAL deadlock_timeout = '60s'")
        await held.execute(SWAP.format(row))
    first, second = Blocked(one, SWAP.format(12)), Blocked(two, SWAP.format(11))
    nodes = await asked_until(
        lambda: blocking(db.client), lambda found: {first.pid, second.pid} <= {n.pid for n in found if n.blocked_by}
    )
    mine = [node for node in nodes if node.pid in {first.pid, second.pid}]
    assert [node.depth for node in mine] == [0, 1]
    assert all(node.cycle for node in mine)
    await asyncio.gather(first.stop(), second.stop())


async def test_without_rights_the_waits_are_still_seen(connect: Connect, session: Apply) -> None:
    root = await session()
    await root.execute(SWAP.format(21))
    waiter = Blocked(await session(), SWAP.format(21))
    pids = (root.info.backend_pid, waiter.pid)
    client = connect("nobody").client
    nodes = await asked_until(lambda: blocking(client), lambda found: set(pids) <= {n.pid for n in found})
    assert _of(nodes, *pids) == [(0, 0, 1, 1), (1, 1, 0, 0)]
    assert all(node.backend is not None and node.backend.hidden for node in nodes if node.pid in pids)
    await root.rollback()
    await waiter.ended()


async def test_long_transactions_and_what_they_hold_up(connect: Connect, session: Apply) -> None:
    db = connect("oncall", Thresholds(transaction_minutes=1e-6, active_query_minutes=1e-6))
    root = await session()
    await root.execute(SWAP.format(31))
    waiter = Blocked(await session(), SWAP.format(31))
    wanted = {(root.info.backend_pid, "idle in transaction", 1), (waiter.pid, "long statement", 0)}
    reading = await until(
        db.transactions, lambda r: wanted <= {(t.backend.pid, t.why, t.holds_up) for t in r.value or ()}
    )
    ages = [t.backend.longest for t in reading.value]
    assert ages == sorted(ages, reverse=True)
    await root.rollback()
    assert await waiter.ended() == "done"
