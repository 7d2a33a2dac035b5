"""What has to be seen is seen: the words that are typed, the names of buttons, and where one is."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.color import Color
from textual.widgets import Static

from tests.app.console import THREE, opened
from tui.confirm import Confirm
from tui.menu import ActionMenu


async def test_the_dialog_shows_what_is_typed_and_what_its_buttons_are(tmp_path: Path) -> None:
    async with opened(tmp_path, THREE) as console:
        await console.until(lambda: console.names)
        await console.pilot.press("a")
        await console.until(lambda: isinstance(console.app.screen, ActionMenu))
        await console.shows("Restart   high risk")
        await console.pilot.press("enter")
        await console.until(lambda: isinstance(console.app.screen, Confirm))
        await console.settled()
        for label in ("Cancel", "Arm staging", "the exact name of the target"):
            await console.shows(label)
        await console.pilot.press("tab", "tab", *"rel")
        await console.shows("  rel    ")


@pytest.mark.parametrize("theme", ["fusion-dark", "fusion-light", "fusion-contrast", "nord"])
async def test_production_is_red_in_every_theme(tmp_path: Path, theme: str) -> None:
    async with opened(tmp_path, THREE, production=True) as console:
        console.app.theme = theme
        await console.shows(" PRODUCTION ")
        place = console.app.screen.query_one("#place", Static)
        red = Color.parse(console.app.theme_variables["production"])
        await console.until(lambda: place.background_colors[1] == red)


async def test_what_is_not_production_is_not_red(tmp_path: Path) -> None:
    async with opened(tmp_path, THREE) as console:
        console.app.theme = "fusion-dark"
        await console.shows(" not production ")
        red = Color.parse(console.app.theme_variables["production"])
        assert console.app.screen.query_one("#place", Static).background_colors[1] != red
