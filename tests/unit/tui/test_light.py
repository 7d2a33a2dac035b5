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
