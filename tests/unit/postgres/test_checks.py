"""What the checks conclude from values: the borders, and what is not told is not green."""

from __future__ import annotations

from typing import Any

import pytest

from providers.core.check import Verdict, worst
from providers.postgres.blocking import tree
from providers.postgres.check_server import (
    judge_connections,
    judge_extension,
    judge_limits,
    judge_pools,
    judge_replication,
    judge_statements,
    judge_way,
    judge_wraparound,
)
from providers.postgres.check_sessions import judge_active, judge_blocking, judge_transactions
from providers.postgres.overview import with_rates
from providers.postgres.pooler import pooler
from providers.postgres.statements import Extension
from providers.postgres.timing import Hop
from providers.postgres.values import ConnectionGroup, Replica, Since
from tests.unit.postgres.build import MOMENT, backend, overview, statement, statements

PASS, UNKNOWN, WARN, FAIL = Verdict.PASS, Verdict.UNKNOWN, Verdict.WARN, Verdict.FAIL


@pytest.mark.parametrize(("used", "verdict"), [(79, PASS), (80, WARN), (94, WARN), (95, FAIL), (101, FAIL)])
def test_connections_of_the_usable_ones(used: int, verdict: Verdict) -> None:
    assert judge_connections(overview(used=used), 0.8, "s").verdict is verdict


def test_slots_reserved_for_others_are_not_usable() -> None:
    assert overview(max_connections=100, superuser_reserved=3, reserved=7).usable == 90


def test_limits_of_roles_and_databases() -> None:
    def group(user: str, used: int, limit: int | None) -> ConnectionGroup:
        return ConnectionGroup("idle", user, "", "", "fusion", used, 1.0, used, limit, 50, 50)

    found = judge_limits([group("a", 9, 10), group("b", 9, None), group("c", 1, 10)], 0.8, "s")
    assert [(one.subject, one.verdict) for one in found] == [("database/fusion", FAIL), ("role/a", WARN)]


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({"query_age": 299.0}, PASS),
        ({"query_age": 301.0}, WARN),
        ({"query_age": 901.0}, FAIL),
        ({"query_age": 901.0, "state": "idle"}, PASS),
        ({"query_age": 901.0, "backend_type": "autovacuum worker"}, PASS),
        ({"hidden": True, "state": "", "query_age": None, "transaction_age": None, "backend_type": ""}, UNKNOWN),
    ],
)
def test_active_statements(changes: dict[str, Any], verdict: Verdict) -> None:
    assert worst(judge_active([backend(**changes)], 300.0, "s")) is verdict


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({"transaction_age": 600.0}, PASS),
        ({"transaction_age": 601.0}, WARN),
        ({"transaction_age": 601.0, "state": "idle in transaction"}, FAIL),
        ({"transaction_age": 601.0, "state": "idle in transaction (aborted)"}, FAIL),
    ],
)
def test_open_transactions(changes: dict[str, Any], verdict: Verdict) -> None:
    found = judge_transactions([backend(**changes)], 600.0, "s")
    assert worst(found) is verdict
    assert bool(found[0].fix) is (verdict is not PASS)


@pytest.mark.parametrize(("waited", "verdict"), [(9.0, PASS), (11.0, WARN), (61.0, FAIL)])
def test_each_root_is_judged_by_those_below_it(waited: float, verdict: Verdict) -> None:
    known = {1: backend(1), 2: backend(2, query_age=waited), 3: backend(3), 4: backend(4, query_age=200.0)}
    nodes = tree({2: frozenset({1}), 4: frozenset({3})}, known, {}, {4: 3.0})
    found = {one.subject: one.verdict for one in judge_blocking(nodes, "s")}
    assert found == {"backend/1": verdict, "backend/3": PASS}


def test_a_prepared_transaction_is_named() -> None:
    nodes = tree({2: frozenset({0})}, {2: backend(2, query_age=5.0)}, {}, {2: 100.0})
    (found,) = judge_blocking(nodes, "s")
    assert "a prepared transaction" in found.summary and "ROLLBACK PREPARED" in found.fix


@pytest.mark.parametrize(
    ("calls", "total", "since", "slower"),
    [
        (1040, 1000.0 + 40 * 30.0, Since(40, 40 * 30.0), True),
        (1040, 1000.0 + 40 * 2.9, Since(40, 40 * 2.9), False),  # below what anybody notices
        (1019, 1000.0 + 19 * 30.0, Since(19, 19 * 30.0), False),  # too few
        (40, 40 * 30.0, Since(40, 40 * 30.0), False),  # nothing to compare with
        (1040, 10_000.0 + 40 * 30.0, Since(40, 40 * 30.0), True),
        (1040, 11_000.0 + 40 * 30.0, Since(40, 40 * 30.0), False),
        (1040, 99.0, None, False),
    ],
)
def test_statements_slower_than_before(calls: int, total: float, since: Since | None, slower: bool) -> None:
    (found,) = judge_statements(statements(statement(calls, total, since)), "s")
    assert (found.verdict is WARN) is slower


def test_the_extension_and_what_to_do() -> None:
    there = Extension("1.12", "1.12", "public", True, "fusion", "oncall")
    assert judge_extension(there, "s").verdict is PASS
    for missing in (
        Extension("1.12", "", "", True, "fusion", "o"),
        Extension("1.12", "1.12", "p", False, "fusion", "o"),
    ):
        found = judge_extension(missing, "s")
        assert found.verdict is WARN and found.fix
    assert [Extension("", v, "p", True, "", "").form for v in ("1.7", "1.8", "1.9", "1.10", "1.12")] == [
        120000, 130000, 140000, 140000, 140000,
    ]  # fmt: skip


def test_replication() -> None:
    def replica(seconds: float | None, size: int | None) -> Replica:
        return Replica("standby", "10.0.0.3", "streaming", "async", seconds, size)

    assert worst(judge_replication(overview(), 5.0, "s")) is PASS
    cases = [
        (5.0, 1, PASS),
        (6.0, 1, WARN),
        (51.0, 1, FAIL),
        (None, 0, PASS),
        (None, None, UNKNOWN),
        (None, 9, UNKNOWN),
    ]
    for seconds, size, verdict in cases:
        assert worst(judge_replication(overview(replicas=(replica(seconds, size),)), 5.0, "s")) is verdict
    assert worst(judge_replication(overview(replica=True, lag_seconds=60.0, lag_bytes=5), 5.0, "s")) is FAIL
    assert worst(judge_replication(overview(replica=True), 5.0, "s")) is UNKNOWN


@pytest.mark.parametrize(
    ("old", "verdict"), [(200_000_000, PASS), (400_000_001, WARN), (1_100_000_000, WARN), (1_700_000_000, FAIL)]
)
def test_wraparound(old: int, verdict: Verdict) -> None:
    found = judge_wraparound(overview(wraparound_age=old), "s")
    assert found.verdict is verdict
    assert bool(found.fix) is (verdict is not PASS)


def test_the_way_in() -> None:
    well = (Hop("DNS", 0.01), Hop("TCP", 0.01), Hop("TLS", 0.02), Hop("login", 0.02))
    assert judge_way("db:5432", well, "s").verdict is PASS
    slow = judge_way("db:5432", (*well[:3], Hop("login", 1.5)), "s")
    assert slow.verdict is WARN and "login takes 1.5 s" in slow.summary
    broken = judge_way("db:5432", (well[0], Hop("TCP", 3.0, "", "no answer within 3 s", "check the route")), "s")
    assert broken.verdict is FAIL and broken.summary.startswith("TCP fails") and broken.fix == "check the route"


def _pools(waiting: int, wait: int, paused: int = 0) -> dict[str, list[dict[str, object]]]:
    pool = {"database": "fusion", "user": "app", "cl_waiting": waiting, "maxwait": wait, "maxwait_us": 0}
    own = {"database": "pgbouncer", "user": "pgbouncer", "cl_waiting": 9}
    database = {"name": "fusion", "host": None, "port": 5432, "paused": paused}
    return {"POOLS": [pool, own], "STATS": [], "DATABASES": [database], "LISTS": [], "CLIENTS": []}


def test_pools() -> None:
    cases = {(0, 0, 0): PASS, (1, 1, 0): WARN, (1, 2, 0): FAIL, (0, 0, 1): FAIL}
    for case, verdict in cases.items():
        seen = pooler("PgBouncer 9", {"max_client_conn": "junk"}, _pools(*case))
        assert worst(judge_pools(seen, "s")) is verdict
        assert (len(seen.pools), seen.most_clients, seen.databases[0].host) == (1, 0, "local:5432")


def test_rates_are_of_one_run_of_the_server() -> None:
    before = overview(commits=100, rollbacks=1, hits=10, reads=10)
    now = overview(clock=1002.0, commits=120, rollbacks=2, hits=19, reads=11)
    found = with_rates(now, before)
    assert (found.commits_per_second, found.rollbacks_per_second, found.hit_ratio_now) == (10.0, 0.5, 0.9)
    assert found.hit_ratio == pytest.approx(19 / 30)
    for other in (
        None,
        overview(started=MOMENT.replace(hour=1)),
        overview(stats_reset=None),
        overview(commits=500),
        now,
    ):
        assert with_rates(now, other).commits_per_second is None
