"""Verdicts at the edges."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from providers.core.check import Verdict
from providers.core.config import Thresholds
from providers.core.errors import Unreachable
from providers.redis.check_load import judge_connections, judge_hits, judge_latency, judge_slowlog
from providers.redis.check_memory import judge_evictions, judge_shape, judge_use
from providers.redis.check_way import judge_trip
from providers.redis.finding import size
from providers.redis.hops import Trip
from providers.redis.traffic import Latency, LatencyEvent, SlowEntry, SlowLog
from providers.redis.values import Overview, Rates
from providers.redis.wire import Hop
from tests.unit.redis.replies import vitals

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
QUIET = Rates(2.0, 50.0, 0.9, 100.0, 0.0, 0.0, 0.0, 0.0)


@pytest.mark.parametrize(
    ("changes", "verdict", "words"),
    [
        ({"used_memory": "89000000"}, Verdict.PASS, "89%"),
        ({"used_memory": "90000000"}, Verdict.WARN, "90%"),
        ({"used_memory": "99000000"}, Verdict.WARN, "99%"),
        ({"used_memory": "95000000", "maxmemory_policy": "noeviction"}, Verdict.FAIL, "writes fail"),
        ({"used_memory": "99000000", "maxmemory_policy": "volatile-ttl"}, Verdict.WARN, "99%"),
        (
            {"used_memory": "99000000", "maxmemory_policy": "volatile-ttl", "db0": "keys=9,expires=0,avg_ttl=0"},
            Verdict.FAIL,
            "nothing can be evicted",
        ),
        ({"maxmemory": "0"}, Verdict.PASS, "no maxmemory"),
        ({"maxmemory": "0", "used_memory": "800000000"}, Verdict.WARN, "80% of the machine"),
    ],
)
def test_memory_in_use(changes: dict[str, str], verdict: Verdict, words: str) -> None:
    found = judge_use("redis", vitals(**changes), Thresholds(), "redis test")
    assert found.verdict is verdict
    assert words in found.summary


@pytest.mark.parametrize(
    ("used", "resident", "ratio", "verdict"),
    [
        (50_000_000, 90_000_000, "1.8", Verdict.PASS),  # small caches always look fragmented
        (200_000_000, 400_000_000, "2.0", Verdict.WARN),
        (1_000_000_000, 1_400_000_000, "1.4", Verdict.PASS),
        (1_000_000_000, 700_000_000, "0.7", Verdict.WARN),
    ],
)
def test_memory_in_pieces_or_swapped(used: int, resident: int, ratio: str, verdict: Verdict) -> None:
    found = vitals(used_memory=str(used), used_memory_rss=str(resident), mem_fragmentation_ratio=ratio)
    assert judge_shape("redis", found.memory, "redis test").verdict is verdict


def test_evictions() -> None:
    rising = msgspec.structs.replace(QUIET, evictions=12.0)
    assert judge_evictions(QUIET, vitals(evicted_keys="9"), "s").verdict is Verdict.PASS
    assert judge_evictions(rising, vitals(), "s").summary == "12 keys a second are evicted"
    assert judge_evictions(None, vitals(), "s").verdict is Verdict.UNKNOWN


@pytest.mark.parametrize(
    ("clients", "rejections", "verdict"),
    [(79, 0.0, Verdict.PASS), (80, 0.0, Verdict.WARN), (95, 0.0, Verdict.FAIL), (50, 0.5, Verdict.FAIL)],
)
def test_clients(clients: int, rejections: float, verdict: Verdict) -> None:
    rates = msgspec.structs.replace(QUIET, rejections=rejections)
    assert judge_connections("redis", vitals(connected_clients=str(clients)), rates, 0.8, "s").verdict is verdict


def test_clients_without_a_known_maximum_are_not_green() -> None:
    assert judge_connections("redis", vitals(maxclients="0"), QUIET, 0.8, "s").verdict is Verdict.UNKNOWN


@pytest.mark.parametrize(
    ("rates", "hits", "verdict", "words"),
    [
        (QUIET, "90", Verdict.PASS, "90% of the reads hit now"),
        (msgspec.structs.replace(QUIET, hit_ratio=0.5), "90", Verdict.WARN, "50% of the reads hit now"),
        (msgspec.structs.replace(QUIET, hit_ratio=0.0, reads=1.0), "90", Verdict.PASS, "since the start"),
        (None, "1", Verdict.WARN, "since the start"),
    ],
)
def test_hits(rates: Rates | None, hits: str, verdict: Verdict, words: str) -> None:
    found = judge_hits(Overview("h:1", 0, vitals(keyspace_hits=hits), rates, ()), 0.8, "s")
    assert found.verdict is verdict
    assert words in found.summary


def test_slow_commands_and_spikes_count_while_they_are_fresh() -> None:
    old, new = NOW - timedelta(minutes=6), NOW - timedelta(minutes=4)
    entry = SlowEntry(1, new, 0.5, "KEYS *", "10.0.0.1:5", "relayer")
    event = LatencyEvent("command", new, 0.2, 0.9)
    fresh = judge_slowlog(SlowLog((entry,), 0.01), NOW, "s")
    assert (fresh.verdict, fresh.evidence[0].quote) == (Verdict.WARN, "KEYS * (relayer at 11:56:00Z)")
    stale = SlowLog((msgspec.structs.replace(entry, at=old),), 0.01)
    assert judge_slowlog(stale, NOW, "s").verdict is Verdict.PASS
    assert judge_slowlog(SlowLog((), -1e-6, "switch it on"), NOW, "s").verdict is Verdict.UNKNOWN
    assert judge_latency(Latency((event,), 0.1), NOW, "s").summary.startswith("command held the server for 200 ms")
    assert judge_latency(Latency((msgspec.structs.replace(event, at=old),), 0.1), NOW, "s").verdict is Verdict.PASS
    assert judge_latency(Latency((), 0.0, "switch it on"), NOW, "s").verdict is Verdict.UNKNOWN


def test_the_way() -> None:
    near = (Hop("DNS", 0.0001), Hop("connect", 0.0004), Hop("PING", 0.0002))
    assert judge_trip(Trip(near), "redis://h:1/0", "s").summary == "PING takes 0.20 ms"
    far = judge_trip(Trip((Hop("DNS", 0.9), *near[1:])), "redis://h:1/0", "s")
    assert (far.verdict, far.summary) == (Verdict.WARN, "DNS takes 900 ms")
    cut = judge_trip(Trip(near[:1], "connect", Unreachable("refused", fix="start it")), "redis://h:1/0", "s")
    assert (cut.verdict, cut.subject, cut.fix) == (Verdict.FAIL, "redis/h:1/0", "start it")
    assert cut.evidence[0].quote == "connect: refused (before: DNS 0.10 ms)"


def test_sizes_are_readable() -> None:
    said = [size(n) for n in (0, 1023, 1536, 64 * 1024**2, 5 * 1024**4)]
    assert said == ["0 B", "1023 B", "1.5 KiB", "64.0 MiB", "5.0 TiB"]
