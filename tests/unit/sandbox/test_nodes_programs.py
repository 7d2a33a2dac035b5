"""The simulated bridge, the shell's grammar, the registry."""

from __future__ import annotations

import pytest

from sandbox.cluster.nodes.programs import catalog
from sandbox.cluster.nodes.programs.bridge import FEEDS, OWED, POOLS, Bridge
from sandbox.cluster.nodes.programs.knobs import Knobs
from sandbox.shell.parse import ShellSyntax, expand, parse

AT = 1_790_000_000.0


def test_bridge_is_the_same_for_the_same_seed() -> None:
    one, other, third = Bridge(1), Bridge(1), Bridge(2)
    for figure in ("gas_gwei", "pending", "fee_rate", "btc_height"):
        assert getattr(one, figure)(AT) == getattr(other, figure)(AT)
    assert one.swap(5) == other.swap(5) != third.swap(5)


def test_confirmations_only_rise_and_end_at_what_is_owed() -> None:
    bridge = Bridge(3)
    swap = bridge.newest(AT)
    seen = [bridge.confirmations(swap, AT + minutes * 60) for minutes in range(90)]
    assert seen == sorted(seen) and seen[0] == 0 and seen[-1] == OWED
    assert 100 < sum(1 for _ in bridge.open_swaps(AT)) < 400


def test_prices_get_stale_now_and_then_and_pools_run_low() -> None:
    bridge = Bridge(7)
    times = [AT + n * 15 for n in range(4000)]
    stale = [at for at in times for feed in FEEDS if bridge.price_age(feed, at) > feed.limit]
    assert 0 < len(stale) < len(times) * len(FEEDS) * 0.1
    assert any(bridge.level(pool, at) < pool.low * 1.2 for at in times for pool in POOLS)


def test_knobs_keep_their_start_when_set_again() -> None:
    knobs = Knobs()
    knobs.turn("resolver", surge=5)
    since = knobs.of("resolver").since
    knobs.turn("resolver", surge=5)
    assert knobs.of("resolver").since == since and knobs.of("relayer").surge == 0
    knobs.turn("resolver")
    assert not knobs.of("resolver").hungry


@pytest.mark.parametrize(
    ("line", "joints", "words"),
    [
        ("a b | c", [""], [["a", "b"], ["c"]]),
        ("a && b || c; d", ["", "&&", "||", ";"], [["a"], ["b"], ["c"], ["d"]]),
        ("echo 'x | y' \"z; w\" a\\ b", [""], [["echo", "x | y", "z; w", "a b"]]),
        ("a 2>/dev/null | grep -v 2", [""], [["a"], ["grep", "-v", "2"]]),
        ("echo ''", [""], [["echo", ""]]),
    ],
)
def test_grammar(line: str, joints: list[str], words: list[list[str]]) -> None:
    pipelines = parse(line)
    assert [p.joint for p in pipelines] == joints
    assert [c.words for p in pipelines for c in p.commands] == words


def test_redirections() -> None:
    command = parse("a 2>&1 >/dev/null </dev/tcp/h/1")[0].commands[0]
    assert command.redirects == {"2": "&1", "1": "/dev/null", "0": "/dev/tcp/h/1"}
    with pytest.raises(ShellSyntax):
        parse("echo 'open")


def test_expansion_leaves_single_quotes_alone() -> None:
    word = parse("echo '$A'\"$A\"${B:-b}$?")[0].commands[0].words[1]
    assert expand(word, {"A": "1"}, 7).replace("\0", "$") == "$A1b7"


@pytest.mark.parametrize(
    ("reference", "known"),
    [
        ("registry.example/fusion-bitcoin/relayer:1.2.0", True),
        ("registry.example/fusion-bitcoin/relayer:9.9.9", False),
        ("registry.example/busybox", True),
        ("elsewhere.example:5000/thing", False),
    ],
)
def test_registry(reference: str, known: bool) -> None:
    assert (catalog.find(reference) is not None) is known


def test_registry_says_why_not() -> None:
    assert catalog.refusal("registry.example/a:1").endswith("registry.example/a:1: not found")
    assert 'Head "https://other.example/v2/a/manifests/1"' in catalog.refusal("other.example/a:1")
