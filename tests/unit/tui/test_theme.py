"""Which colours the console starts with: what was asked for, else what the terminal can show."""

from __future__ import annotations

import pytest

from providers.core.errors import ConfigError
from tui.theme import ANSI, THEMES, chosen

KNOWN = [theme.name for theme in THEMES] + [ANSI, "nord"]


@pytest.mark.parametrize(
    ("configured", "option", "environ", "theme"),
    [
        ("", "", {"TERM": "xterm-256color"}, "fusion-dark"),
        ("", "", {"TERM": "tmux-256color"}, "fusion-dark"),
        ("", "", {"TERM": "linux"}, ANSI),
        ("", "", {"TERM": "vt100"}, ANSI),
        ("", "", {"TERM": "screen"}, ANSI),
        ("", "", {"TERM": "xterm-16color"}, ANSI),
        ("", "", {}, ANSI),
        ("", "", {"TERM": "xterm", "COLORTERM": "truecolor"}, "fusion-dark"),
        ("fusion-dark", "", {"TERM": "linux"}, "fusion-dark"),
        ("nord", "", {"TERM": "linux"}, "nord"),
        ("nord", "fusion-light", {"TERM": "linux"}, "fusion-light"),
    ],
)
def test_the_theme(configured: str, option: str, environ: dict[str, str], theme: str) -> None:
    assert chosen(configured, option, KNOWN, no_color=False, environ=environ) == theme


def test_without_colour_focus_and_cursor_are_shown_by_other_means() -> None:
    assert chosen("nord", "", KNOWN, no_color=True, environ={"TERM": "xterm-256color"}) == ANSI


@pytest.mark.parametrize(("configured", "option"), [("nrod", ""), ("", "nrod")])
def test_a_theme_that_there_is_not_is_named(configured: str, option: str) -> None:
    with pytest.raises(ConfigError, match="no theme nrod") as failed:
        chosen(configured, option, KNOWN, no_color=False, environ={})
    assert "fusion-light" in failed.value.fix
