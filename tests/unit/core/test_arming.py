"""The switch falls back by itself: by time, without keys, after sleep."""

from __future__ import annotations

import pytest

from providers.core.arming import ArmSwitch
from tests.unit.core.build import FakeClock


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def switch(clock: FakeClock) -> ArmSwitch:
    switch = ArmSwitch(600.0, 300.0, clock)
    switch.arm("alice", "why")
    return switch


def _pass(switch: ArmSwitch, clock: FakeClock, seconds: int, *, keys: bool = True) -> None:
    for _ in range(seconds):
        clock.seconds += 1
        switch.tick()
        if keys:
            switch.touch()


def test_it_lasts_its_time_and_not_a_second_more(switch: ArmSwitch, clock: FakeClock) -> None:
    _pass(switch, clock, 599)
    assert switch.remaining() == 1.0
    assert switch.arming is not None
    _pass(switch, clock, 1)
    assert switch.arming is None
    assert switch.lapse() == "armed for 10 min, which are over"


def test_it_ends_without_keys_and_a_late_key_does_not_bring_it_back(switch: ArmSwitch, clock: FakeClock) -> None:
    _pass(switch, clock, 299, keys=False)
    assert switch.arming is not None
    _pass(switch, clock, 1, keys=False)
    switch.touch()
    assert switch.arming is None
    assert "no key for 5 min" in switch.lapse()


def test_a_stopped_process_ends_it(switch: ArmSwitch, clock: FakeClock) -> None:
    clock.seconds += 31
    switch.touch()
    assert switch.arming is None
    assert "stood still for 31 s" in switch.tick()


@pytest.mark.parametrize("jump", [31.0, 3600.0, -3600.0])
def test_a_wall_clock_that_moves_alone_ends_it(switch: ArmSwitch, clock: FakeClock, jump: float) -> None:
    clock.skew += jump
    assert switch.arming is None
    assert "slept" in switch.lapse()


def test_a_clock_that_is_slewed_a_little_does_not(switch: ArmSwitch, clock: FakeClock) -> None:
    clock.skew += 5.0
    assert switch.arming is not None


def test_reading_has_no_effect(switch: ArmSwitch, clock: FakeClock) -> None:
    clock.seconds += 601
    assert (switch.arming, switch.remaining(), switch.thrown) == (None, None, True)
    switch.disarm()
    assert (switch.lapse(), switch.thrown) == ("", False)


def test_arming_again_starts_anew(switch: ArmSwitch, clock: FakeClock) -> None:
    clock.seconds += 601
    switch.arm("bob", "")
    assert switch.remaining() == 600.0
