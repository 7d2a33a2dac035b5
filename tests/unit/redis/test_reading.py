"""What servers say, whatever they say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.core.errors import Garbled
from providers.core.text import BANNED
from providers.redis.clients import group, parse_client
from providers.redis.cluster import parse_nodes
from providers.redis.flush_scope import flushes_of
from providers.redis.info import Fields
from providers.redis.permissions import allows_flush
from providers.redis.trend import Trend
from providers.redis.vitals import vitals_of
from tests.unit.redis.replies import info, vitals

NODES = b"""07c3 127.0.0.1:30004@31004,host4 slave e7d1 0 1426238317239 4 connected
67ed 127.0.0.1:30002@31002 master - 0 1426238316232 2 connected 5461-10922 [93-<-e7d1]
e7d1 127.0.0.1:30001@31001 myself,master - 0 0 1 connected 0-5460 10923
2a05 ::1:30005@31005 master,fail - 0 0 1 disconnected
dead :0@0 slave,noaddr - 0 0 1 disconnected
"""


def test_info_becomes_figures() -> None:
    found = vitals(slave0="ip=10.0.0.2,port=6379,state=online,offset=90,lag=1", master_repl_offset="100")
    assert (found.server.flavour, found.server.version) == ("redis", "7.0.15")
    assert found.memory.of_maximum == 0.5
    assert found.connections.of_maximum == 0.1
    assert found.totals.hit_ratio == 0.9
    assert (found.database(0).keys, found.database(0).ttl, found.database(7).keys) == (200, 5.0, 0)
    (replica,) = found.replication.replicas
    assert (replica.address, replica.behind, replica.lag) == ("10.0.0.2:6379", 10, 1.0)


def test_a_replica_says_how_it_is_linked() -> None:
    found = vitals(
        role="slave", master_host="10.0.0.1", master_port="6379", master_link_status="down",
        master_link_down_since_seconds="30", master_last_io_seconds_ago="-1",
    ).replication  # fmt: skip
    assert (found.role, found.master, found.link, found.down_for) == ("replica", "10.0.0.1:6379", "down", 30)
    assert found.silent_for is None


def test_without_a_limit_there_is_no_part_of_it() -> None:
    assert vitals(maxmemory="0").memory.of_maximum is None
    assert vitals(maxclients="0").connections.of_maximum is None
    assert vitals(keyspace_hits="0", keyspace_misses="0").totals.hit_ratio is None


@given(st.dictionaries(st.sampled_from(sorted(info().decode().replace("\r\n", ":").split(":"))), st.text()), st.text())
def test_no_info_breaks_it_and_all_is_clean(changes: dict[str, str], rest: str) -> None:
    text = info(**{key: value for key, value in changes.items() if key}) + rest.encode("utf-8", "replace")
    found = vitals_of(Fields.of(text))
    for shown in (found.server.version, found.memory.policy, found.replication.master, found.server.run_id):
        assert not BANNED.search(shown)
    assert found.memory.used >= 0 or "used_memory" in changes


@given(st.binary())
def test_no_client_list_or_nodes_break_it(data: bytes) -> None:
    parse_client(data)
    parse_nodes(data, "redis")
    flushes_of(data)


def test_what_is_no_text_is_garbled() -> None:
    for reply in (None, 1, [], "text"):
        with pytest.raises(Garbled):
            Fields.of(reply)
        with pytest.raises(Garbled):
            parse_nodes(reply, "redis")


def test_nodes_of_a_cluster() -> None:
    nodes = {node.address: node for node in parse_nodes(NODES, "redis")}
    assert len(nodes) == 4
    assert (nodes["127.0.0.1:30001"].slots, nodes["127.0.0.1:30002"].slots) == (5462, 5462)
    assert (nodes["127.0.0.1:30004"].role, nodes["127.0.0.1:30004"].link) == ("replica", "connected")
    assert nodes["::1:30005"].link == "fail"


def test_groups_are_by_name_or_user_and_host() -> None:
    lines = [
        b"id=1 addr=10.0.0.1:1 name=relayer idle=90 flags=N tot-mem=5 user=app",
        b"id=2 addr=10.0.0.1:2 name=relayer idle=1 flags=b tot-mem=6 user=app",
        b"id=3 addr=[::1]:2 name= idle=1 flags=N user=app",
    ]
    first, second = group(map(parse_client, lines))
    assert (first.name, first.host, first.count, first.idle, first.blocked, first.memory) == (
        "relayer", "10.0.0.1", 2, 1, 1, 11,
    )  # fmt: skip
    assert (second.name, second.host) == ("app", "[::1]")


def test_rates_need_two_readings_of_one_run() -> None:
    trend = Trend(most=2)
    assert trend.take(vitals(), 10.0) is None
    rates = trend.take(vitals(keyspace_hits="96", keyspace_misses="14", evicted_keys="4"), 12.0)
    assert rates is not None
    assert (rates.hit_ratio, rates.reads, rates.evictions) == (0.6, 5.0, 2.0)
    assert trend.take(vitals(run_id="b" * 40, keyspace_hits="200"), 14.0) is None
    assert trend.take(vitals(run_id="b" * 40, keyspace_hits="0", total_commands_processed="3"), 16.0) is None
    idle = trend.take(vitals(run_id="b" * 40, keyspace_hits="0", total_commands_processed="3"), 18.0)
    assert idle is not None
    assert idle.hit_ratio is None
    trend.take(vitals(run_id="b" * 40, keyspace_hits="0", total_commands_processed="9"), 20.0)
    assert [sample.ops for sample in trend.history] == [0.0, 3.0]
    assert trend.take(vitals(run_id="b" * 40, keyspace_hits="0", total_commands_processed="9"), 50.0) is None


@pytest.mark.parametrize(
    ("rules", "allowed"),
    [
        ("+@all", True),
        ("allcommands", True),
        ("-@all +@read", False),
        ("+@all -@dangerous", False),
        ("+@all -@dangerous +flushdb", True),
        ("+@all -flushdb", False),
        ("-@all +@write +get -@keyspace +@slow", True),
        ("", False),
        ("+flushdbx", False),
    ],
)
def test_rules_of_a_user_come_to_yes_or_no(rules: str, allowed: bool) -> None:
    assert allows_flush(rules) is allowed


def test_flushes_are_counted() -> None:
    assert flushes_of(b"# Commandstats\r\ncmdstat_flushdb:calls=3,usec=5,rejected_calls=9\r\n") == 3
    assert flushes_of(b"# Commandstats\r\n") == 0
    assert flushes_of(None) is None
    assert flushes_of(b"cmdstat_flushdb:calls=many\r\n") is None
