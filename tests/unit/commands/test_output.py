"""What the command line prints is aligned, and safe to print."""

from __future__ import annotations

from datetime import timedelta

import pytest

from providers.core.secret import Secret
from tests.unit.core.build import FakeClock
from tui.commands import output
from tui.moment import age, held


def test_columns_are_as_wide_as_their_widest_cell(capsys: pytest.CaptureFixture[str]) -> None:
    output.table(("NAME", "READY"), [("relayer-1", "1/1"), ("x", "0/1")])
    assert capsys.readouterr().out == "NAME       READY\nrelayer-1  1/1\nx          0/1\n"


def test_control_bytes_of_a_cell_never_reach_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    output.table(("NAME",), [("boom \x1b[>q",)])
    assert "\x1b" not in capsys.readouterr().out


def test_a_known_secret_is_masked_on_both_streams(capsys: pytest.CaptureFixture[str]) -> None:
    Secret("hunter2-sentinel")
    output.data("password=hunter2-sentinel")
    output.narrate("password=hunter2-sentinel")
    both = capsys.readouterr()
    assert "hunter2" not in both.out + both.err
    assert "password=" in both.out


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0s"), (119, "119s"), (120, "2m"), (7199, "119m"), (7200, "2h"), (172_800, "2d"), (-5, "0s")],
)
def test_ages_read_as_kubectl_prints_them(seconds: int, text: str) -> None:
    clock = FakeClock()
    with held(clock):
        assert age(clock.now() - timedelta(seconds=seconds)) == text
