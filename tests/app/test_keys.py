"""Every key on every panel and screen: the console lives, says what it cannot do, and esc leads back."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import pytest
from textual.command import CommandPalette
from textual.screen import Screen

from sandbox.cluster.cluster import Cluster
from tests.app.bridge import Bridge, on_cluster
from tui.keys import KEYS
from tui.panel import Panel
from tui.view import TextScreen

WAYS = {"contents": "c", "rollouts": "r", "describe": "d", "yaml": "y", "log": "l", "help": "question_mark"}
"""What leads from a pod to each screen."""


def keys_of(places: Collection[str]) -> list[str]:
    """Every key of these places, but for those that leave."""
    leaving = {"app.quit", "app.back", "mode.database"}
    wanted = [key for key in KEYS if key.where in places and key.id not in leaving]
    return [name for key in wanted for name in key.keys.split(",")]


async def press_all(bridge: Bridge, screen: Screen[object], places: Collection[str]) -> None:
    """Each key, and after each back to where it was pressed."""
    for key in keys_of(places):
        focused = screen.focused
        await bridge.pilot.press(key)
        for _ in range(4):
            if bridge.app.screen is screen:
                break
            await bridge.pilot.press("escape")
        await bridge.until(lambda: bridge.app.screen is screen, f"esc leads back after {key}")
        if focused is not None:
            focused.focus()


async def test_every_key_on_every_panel_of_the_services(tmp_path: Path, cluster: Cluster) -> None:
    async with on_cluster(tmp_path, cluster) as bridge:
        await bridge.read()
        screen = bridge.app.screen
        places: tuple[str, ...] = ("app", "table", "services")
        for panel in screen.query(Panel):
            panel.focus()
            await press_all(bridge, screen, places)
            places = ("services",)
        await bridge.pilot.press("T")
        await bridge.until(lambda: "Triage is not built yet." in bridge.said())


@pytest.mark.parametrize("name", WAYS)
async def test_every_key_on_every_screen(tmp_path: Path, cluster: Cluster, name: str) -> None:
    async with on_cluster(tmp_path, cluster, size=(80, 24)) as bridge:
        await bridge.read()
        await bridge.at_pod("relayer")
        base = bridge.app.screen
        await bridge.pilot.press(WAYS[name])
        await bridge.until(lambda: bridge.app.screen is not base)
        screen = bridge.app.screen
        places = {place for where in (screen, screen.focused) for place in getattr(where, "places", ())}
        assert places
        await bridge.until(lambda: bridge.text().rstrip().endswith("q Quit"), "the footer fits into 80 columns")
        await press_all(bridge, screen, places)
        # Once for what narrows the view, once for the screen.
        await bridge.pilot.press("escape", "escape")
        await bridge.until(lambda: bridge.app.screen is base)


async def test_help_is_of_the_focused_panel_and_knows_the_keys_of_the_configuration(
    tmp_path: Path, cluster: Cluster
) -> None:
    async with on_cluster(tmp_path, cluster, size=(100, 70), keys={"services.logs": "L,f6", "app.quit": "Q"}) as bridge:
        await bridge.read()
        await bridge.shows("L Logs")
        await bridge.shows("Q Quit")
        await bridge.pilot.press("question_mark")
        await bridge.until(lambda: isinstance(bridge.app.screen, TextScreen))
        lines = [line.split() for line in bridge.text().splitlines()]
        assert ["Deployments"] in lines
        assert ["L", "f6", "Logs", "follow", "the", "logs", "of", "the", "pod", "or", "deployment"] in lines
        assert not any("not built" in " ".join(line) or "Reveal" in line for line in lines)
        await bridge.pilot.press("escape", "l")
        assert len(bridge.app.screen_stack) == 1
        await bridge.pilot.press("L")
        await bridge.until(lambda: len(bridge.app.screen_stack) == 2)


async def test_the_palette_lists_what_can_be_done_here_with_its_keys(tmp_path: Path, cluster: Cluster) -> None:
    async with on_cluster(tmp_path, cluster, size=(100, 70)) as bridge:
        await bridge.read()
        base = bridge.app.screen
        entries = {c.title: c.help for c in bridge.app.get_system_commands(base)}
        assert entries["Logs"].startswith("l  ·  ")
        assert entries["Quit"].startswith("q ctrl+q ctrl+c  ·  ")
        assert entries[":arm"].startswith(":arm  ·  ")
        assert not {"Screenshot", "Security", "Triage", "Down", "Reveal", "Theme"} & set(entries)
        await bridge.pilot.press("ctrl+p")
        await bridge.until(lambda: isinstance(bridge.app.screen, CommandPalette))
        await bridge.pilot.press(*"describe")
        await bridge.shows("d  ·  what is wrong")
        await bridge.pilot.press("down", "enter")
        await bridge.until(lambda: bridge.app.screen is not base and len(bridge.app.screen_stack) == 2)
        await bridge.shows("Deployment fusion-bitcoin-frontend")


async def test_a_screen_that_is_narrow_still_leads_to_every_panel(tmp_path: Path, cluster: Cluster) -> None:
    async with on_cluster(tmp_path, cluster, size=(80, 24)) as bridge:
        await bridge.read()
        await bridge.until(lambda: bridge.text().rstrip().endswith("q Quit"), "the footer fits into 80 columns")
        await bridge.pilot.press("ctrl+o", "f")
        await bridge.shows("SERVICE ")
        assert "REASON" not in bridge.text()
        await bridge.pilot.press("ctrl+o", "d")
        await bridge.shows("REASON")
        await bridge.pilot.press("tab")
        await bridge.shows("SERVICE ")


async def test_drilling_narrows_to_one_deployment_and_esc_widens(tmp_path: Path, cluster: Cluster) -> None:
    async with on_cluster(tmp_path, cluster) as bridge:
        await bridge.read()
        await bridge.pilot.press("j", "enter")
        await bridge.shows("Pods 3 of fusion-bitcoin-relayer")
        # Something is selected at once, so that the next key means something.
        await bridge.pilot.press("d")
        await bridge.shows("Pod fusion-bitcoin-relayer")
        await bridge.pilot.press("escape", "slash", *"ngq", "enter")
        await bridge.pilot.press("escape")
        await bridge.shows("Pods 3 of fusion-bitcoin-relayer")
        await bridge.pilot.press("escape")
        await bridge.until(lambda: "of fusion-bitcoin-relayer" not in bridge.text())
        assert bridge.app.focused is not None and bridge.app.focused.id == "workloads"


async def test_a_search_marks_and_walks(tmp_path: Path, cluster: Cluster) -> None:
    async with on_cluster(tmp_path, cluster, size=(100, 30)) as bridge:
        await bridge.read()
        await bridge.pilot.press("y")
        await bridge.shows("kind: Deployment")
        await bridge.pilot.press("slash", *"image", "enter")
        await bridge.shows("/image/ 1 of 2")
        await bridge.shows("▌       - imagePullPolicy")
        await bridge.pilot.press("n")
        await bridge.shows("/image/ 2 of 2")
        await bridge.pilot.press("n")
        await bridge.shows("/image/ 1 of 2")
        await bridge.pilot.press("N")
        await bridge.shows("/image/ 2 of 2")
        await bridge.pilot.press("slash", *["backspace"] * 5, *"nowhere", "enter")
        await bridge.shows("nothing found")
        await bridge.pilot.press("escape")
        await bridge.lacks("nothing found")
        await bridge.shows("as YAML")
        await bridge.pilot.press("escape")
        await bridge.until(lambda: len(bridge.app.screen_stack) == 1)


async def test_a_page_that_cannot_be_read_says_why_and_comes_back(tmp_path: Path, cluster: Cluster) -> None:
    async with on_cluster(tmp_path, cluster) as bridge:
        await bridge.read()
        name = "fusion-bitcoin-frontend"
        await bridge.pilot.press("d")
        await bridge.shows(f"Deployment {name}")
        await cluster.hang_up()
        await bridge.pilot.press("ctrl+r")
        await bridge.shows("DOWN, last known")
        await bridge.shows(f"Deployment {name}")


async def test_q_leaves_at_the_top_with_exit_code_0(tmp_path: Path, cluster: Cluster) -> None:
    async with on_cluster(tmp_path, cluster) as bridge:
        await bridge.read()
        await bridge.pilot.press("y")
        await bridge.until(lambda: len(bridge.app.screen_stack) == 2)
        await bridge.pilot.press("q")
        assert len(bridge.app.screen_stack) == 1
        await bridge.pilot.press("q")
        await bridge.until(lambda: not bridge.app.is_running)
        assert bridge.app.return_code == 0


async def test_the_mouse_selects_a_row_and_presses_the_footer(tmp_path: Path, cluster: Cluster) -> None:
    async with on_cluster(tmp_path, cluster) as bridge:
        await bridge.read()
        await bridge.pilot.click("#pods", offset=(10, 4))
        pods = bridge.app.screen.query_one("#pods")
        assert bridge.app.focused is pods
        line = bridge.text().splitlines()[pods.region.y + 4]
        assert line.startswith("▌")
        column = bridge.text().splitlines()[-1].index("d Describe")
        await bridge.pilot.click(offset=(column + 2, bridge.app.size.height - 1))
        await bridge.until(lambda: len(bridge.app.screen_stack) == 2)


async def test_esc_takes_the_filter_of_a_log_back_before_it_leaves(tmp_path: Path, cluster: Cluster) -> None:
    async with on_cluster(tmp_path, cluster) as bridge:
        await bridge.read()
        await bridge.at_pod("relayer")
        await bridge.pilot.press("l")
        await bridge.shows("log fusion-bitcoin-relayer")
        await bridge.pilot.press("slash", *"nothing", "enter")
        await bridge.shows("filter nothing")
        await bridge.pilot.press("escape")
        await bridge.lacks("filter nothing")
        assert len(bridge.app.screen_stack) == 2
        await bridge.pilot.press("escape")
        await bridge.until(lambda: len(bridge.app.screen_stack) == 1)
