"""The `:` line does what it says, completes what is begun, and suggests what was meant."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from providers.core.errors import ConfigError
from providers.core.runtime import Core
from tests.app.console import THREE, Provider, opened, site_in
from tui.app import FusionApp
from tui.command import COMMANDS, Completion


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("hlep", "no command hlep, did you mean :help?"),
        ("zzzzz", "no command zzzzz; there are arm, disarm, env,"),
        ("theme nrod", "there is no theme nrod; there are: ansi-dark"),
        ("theme", "there is no theme (none given)"),
        ("env mars", "there is no environment mars; there are: staging, other"),
    ],
)
async def test_what_is_not_there_is_said(tmp_path: Path, typed: str, said: str) -> None:
    async with opened(tmp_path, THREE) as console:
        await console.until(lambda: console.names)
        await console.pilot.press("colon", *("space" if sign == " " else sign for sign in typed), "enter")
        await console.until(lambda: said in console.said())


async def test_the_line_shows_what_is_typed_and_tab_completes(tmp_path: Path) -> None:
    async with opened(tmp_path, THREE) as console:
        await console.until(lambda: console.names)
        await console.pilot.press("colon")
        await console.shows(": arm [WHY] · disarm · env NAME")
        await console.pilot.press("t", "tab")
        await console.shows(": theme ")
        await console.pilot.press(*"fusion", "minus", "l", "i", "tab")
        await console.shows(": theme fusion-light")
        await console.pilot.press("enter")
        await console.until(lambda: console.app.theme == "fusion-light")


async def test_the_filter_line_shows_what_is_typed(tmp_path: Path) -> None:
    async with opened(tmp_path, THREE) as console:
        await console.until(lambda: console.names)
        await console.pilot.press("slash", *"resol")
        assert console.text().splitlines()[-1].startswith("/ resol")


async def test_every_command_completes(tmp_path: Path) -> None:
    async with opened(tmp_path, THREE) as console:
        suggest = Completion(console.app).get_suggestion
        for command in COMMANDS:
            assert (await suggest(command.name) or "").strip() == command.name
        assert await suggest("env o") == "env other"
        assert await suggest("env x") is None
        assert await suggest("nothing ") is None


async def test_environments_are_switched_by_name(tmp_path: Path) -> None:
    async with opened(tmp_path, THREE) as console:
        await console.until(lambda: console.names)
        await console.pilot.press("colon", *"env", "space", *"other", "enter")
        await console.until(lambda: console.app.site.name == "other")
        await console.shows(" other ")


@pytest.mark.parametrize(
    ("part", "said"), [({"theme": "nrod"}, "no theme nrod"), ({"keys": {"app.hlep": "h"}}, "keys.app.hlep")]
)
def test_a_configuration_that_cannot_work_is_refused_before_the_screen_is_taken(
    tmp_path: Path, part: dict[str, object], said: str
) -> None:
    core = Core()
    site = site_in(tmp_path, core, Provider(core, ()))
    site.config = msgspec.structs.replace(site.config, **part)
    with pytest.raises(ConfigError, match=said):
        FusionApp(core, lambda _: site, site, ())
    core.stop()
