"""A light says in words how a system is and how long ago that was known; a colour is never alone."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from providers.core.feed import Fault, Reading
from providers.core.provider import Light
from tui.header import state

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
LIVE = Light("oncall", "cluster-7", "v1.30.0", 0.012)


def reading(seen: float | None, kind: str = "", skew: float = 0.0) -> Reading[Light]:
    light = Light("oncall", "cluster-7", "v1.30.0", 0.012, skew)
    fault = Fault(kind, "it does not answer") if kind else None
    return Reading(light if seen is not None else None, NOW if seen is not None else None, seen or 0.0, fault)


@pytest.mark.parametrize(
    ("known", "words"),
    [
        (reading(None), "○ kube waiting"),
        (reading(98.0), "● kube live 2s ago, 12ms"),
        (reading(98.0, skew=-75.0), "● kube live 2s ago, 12ms, its clock -75s"),
        (reading(80.0), "○ kube STALE 20s"),
        (reading(40.0, "down"), "○ kube DOWN, last seen 60s ago"),
        (reading(None, "login"), "○ kube LOGIN"),
    ],
)
def test_words(known: Reading[Light], words: str) -> None:
    assert state("kube", known, 100.0)[0] == words


def test_a_light_that_is_seldom_lit_is_not_stale_before_it_is_due() -> None:
    assert state("aws", reading(80.0), 100.0, 60.0)[0] == "● aws live 20s ago, 12ms"
    assert state("aws", reading(30.0), 100.0, 60.0)[0] == "○ aws STALE 70s"
