"""Colours by meaning. Severity is always a word or a mark, too: the screen reads the same without any colour."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping

from textual.theme import Theme

from providers.core.errors import ConfigError

DARK = Theme(
    name="fusion-dark", dark=True, primary="#7aa2c8", secondary="#8f9fb3", accent="#d9a05b", warning="#d9a441",
    error="#e06c6c", success="#7fb77e", foreground="#d7dce2", background="#14171c", surface="#1a1e25", panel="#252b34",
)  # fmt: skip
LIGHT = Theme(
    name="fusion-light", dark=False, primary="#2b5f8a", secondary="#5b6775", accent="#9a5b13", warning="#8a5a00",
    error="#b3261e", success="#2c6e2f", foreground="#1c2025", background="#f6f7f9", surface="#ffffff", panel="#e3e7ec",
)  # fmt: skip
CONTRAST = Theme(
    name="fusion-contrast", dark=True, primary="#5fd7ff", secondary="#ffffff", accent="#ffd75f", warning="#ffd75f",
    error="#ff5f5f", success="#5fff5f", foreground="#ffffff", background="#000000", surface="#000000", panel="#303030",
)  # fmt: skip
THEMES = (DARK, LIGHT, CONTRAST)
ANSI = "ansi-dark"
"""Textual's theme of the terminal's own 16 colours."""
PRODUCTION = {"production": "#8f1d1d", "production-text": "#ffffff"}
"""Beneath and in the line that says so, in every theme: red enough to stay red where there are 256 colours."""
LOOKS = """
Input, Input:focus, Input.-invalid, Input.-invalid:focus { border: none !important; height: 1; }
Button, Button:focus, Button:hover, Button.-active, Button:ansi { border: none !important; height: 1; }
"""
"""Fields and buttons are one line high: a frame would leave no room for what is in it."""
_MANY_COLOURS = frozenset({"256color", "kitty"})


def chosen(
    configured: str, option: str, known: Collection[str], *, no_color: bool, environ: Mapping[str, str] = os.environ
) -> str:
    """The theme to start with: the option, the configuration, or what the terminal can show.

    Raises ConfigError for a theme that there is not.
    """
    wanted = option or configured
    if wanted and wanted not in known:
        raise ConfigError(f"there is no theme {wanted}", fix=f"there are: {', '.join(sorted(known))}")
    # Without colour at all the theme of few colours is the one that shows focus and cursor by other means.
    if no_color:
        return ANSI
    return wanted or (ANSI if few_colours(environ) else DARK.name)


def few_colours(environ: Mapping[str, str]) -> bool:
    """Whether the terminal has 16 colours or less, by the names terminals go by (Rich reads them the same way)."""
    if environ.get("COLORTERM", "").strip().lower() in {"truecolor", "24bit"}:
        return False
    return environ.get("TERM", "").rpartition("-")[2] not in _MANY_COLOURS


def glyph(fancy: str, plain: str) -> str:
    """A sign, or its ASCII stand-in where the locale or FUSION_ASCII says so."""
    locale = os.environ.get("LC_ALL") or os.environ.get("LC_CTYPE") or os.environ.get("LANG") or ""
    ascii_only = os.environ.get("FUSION_ASCII") or (
        locale and "utf" not in locale.lower() and locale not in {"C", "POSIX"}
    )
    return plain if ascii_only else fancy
