"""The way of a change: only from the menu, shown whole, typed by a hand, sent once, followed to its end."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from textual import events

from providers.core.errors import Conflict, Denied
from tests.app.console import THREE, Console, Pod, opened
from tui.confirm import Confirm
from tui.keys import KEYS
from tui.menu import ActionMenu
from tui.outcome import OutcomeScreen

_RELAYER = [*"relayer", "minus", "a"]


async def _dialog(console: Console, *, arm: bool = True) -> None:
    """Armed, the plan of the first pod is on the screen and takes keys."""
    await console.until(lambda: console.names)
    if arm:
        await console.pilot.press("colon", *"arm", "enter")
        await console.until(lambda: console.app.site.gate.armed)
    await console.pilot.press("a")
    await console.until(lambda: isinstance(console.app.screen, ActionMenu))
    await console.pilot.press("enter")
    await console.until(lambda: isinstance(console.app.screen, Confirm))
    await console.settled()


async def test_a_typed_name_makes_the_change_once(tmp_path: Path) -> None:
    async with opened(tmp_path, THREE, size=(120, 40)) as console:
        await _dialog(console)
        for expected in ("relayer:1.3.0", "3 pods are replaced", "kubectl rollout undo", "way back", "kube staging"):
            await console.shows(expected)
        await console.pilot.press("tab", *_RELAYER[:-1], "enter")
        assert console.script.applied == 0
        assert isinstance(console.app.screen, Confirm)
        await console.pilot.press("a", "enter")
        await console.until(lambda: isinstance(console.app.screen, OutcomeScreen))
        await console.shows("DONE: patched")
        assert console.script.applied == 1
        assert [entry.kind for entry in console.app.site.audit.read()][:3] == ["arm", "intent", "sent"]


async def test_the_plan_is_of_what_was_selected(tmp_path: Path) -> None:
    async with opened(tmp_path, THREE) as console:
        await console.until(lambda: console.names)
        await console.pilot.press("j", "a")
        await console.until(lambda: isinstance(console.app.screen, ActionMenu))
        console.pods.put((THREE[2], THREE[1], THREE[0]))
        await console.until(lambda: console.names[0] == "resolver-a")
        await console.pilot.press("enter")
        await console.until(lambda: console.action.asked)
        assert (console.action.asked[0].name, console.action.asked[0].identity) == ("relayer-b", "u2")


async def test_enter_alone_cancels(tmp_path: Path) -> None:
    async with opened(tmp_path, THREE) as console:
        await _dialog(console)
        await console.pilot.press("enter")
        await console.until(lambda: not isinstance(console.app.screen, Confirm))
        assert console.script.applied == 0


async def test_keys_typed_before_the_dialog_settled_are_thrown_away(tmp_path: Path) -> None:
    async with opened(tmp_path, THREE) as console:
        await console.until(lambda: console.names)
        await console.pilot.press("a")
        await console.until(lambda: isinstance(console.app.screen, ActionMenu))
        await console.pilot.press("enter")
        await console.until(lambda: isinstance(console.app.screen, Confirm))
        console.app.screen._born = time.monotonic()  # type: ignore[attr-defined]
        await console.pilot.press("enter")
        assert isinstance(console.app.screen, Confirm)


async def test_paste_does_not_type_the_name(tmp_path: Path) -> None:
    async with opened(tmp_path, THREE) as console:
        await _dialog(console)
        await console.pilot.press("tab")
        field = console.app.screen.query_one("#typed")
        field.post_message(events.Paste("relayer-a"))
        await console.until(lambda: "typed by hand" in console.said())
        console.app.copy_to_clipboard("relayer-a")
        await console.pilot.press("ctrl+v", "enter")
        assert isinstance(console.app.screen, Confirm)
        assert console.script.applied == 0


async def test_a_burst_of_keys_is_no_hand(tmp_path: Path) -> None:
    async with opened(tmp_path, THREE) as console:
        await _dialog(console)
        await console.pilot.press("tab")
        field = console.app.screen.query_one("#typed")
        for sign in "relayer-a":
            field.post_message(events.Key({"-": "minus"}.get(sign, sign), sign))
        field.post_message(events.Key("enter", "\r"))
        await console.pilot.pause()
        assert isinstance(console.app.screen, Confirm)
        assert console.script.applied == 0


async def test_read_only_says_so_and_can_be_armed_from_the_dialog(tmp_path: Path) -> None:
    async with opened(tmp_path, THREE, size=(120, 40)) as console:
        await _dialog(console, arm=False)
        await console.shows("READ-ONLY")
        await console.pilot.press("shift+tab", *_RELAYER, "enter")
        await console.shows("arm the environment first")
        assert console.script.applied == 0
        await console.pilot.press("tab", "tab", "enter")
        await console.until(lambda: console.app.site.gate.armed)
        await console.until(lambda: console.app.focused is not None and console.app.focused.id == "typed")
        await console.pilot.press("enter")
        await console.until(lambda: console.script.applied == 1)


async def test_production_asks_for_a_reason(tmp_path: Path) -> None:
    async with opened(tmp_path, THREE, size=(120, 40), production=True) as console:
        await console.shows("PRODUCTION")
        await _dialog(console)
        await console.pilot.press("tab", *_RELAYER, "enter")
        await console.shows("Give a reason")
        await console.pilot.press("tab", "p", "7", "enter")
        await console.until(lambda: console.script.applied == 1)


async def test_leaving_the_outcome_does_not_stop_the_change(tmp_path: Path) -> None:
    async with opened(tmp_path, THREE) as console:
        await _dialog(console)
        await console.pilot.press("tab", *_RELAYER, "enter")
        await console.until(lambda: isinstance(console.app.screen, OutcomeScreen))
        await console.pilot.press("escape")
        await console.until(lambda: "verified" in [entry.kind for entry in console.app.site.audit.read()])
        assert console.script.applied == 1


async def test_a_refused_change_says_why(tmp_path: Path) -> None:
    async with opened(tmp_path, THREE, size=(120, 40)) as console:
        console.script.answer = Conflict("deployment relayer has changed meanwhile")
        await _dialog(console)
        await console.pilot.press("tab", *_RELAYER, "enter")
        await console.shows("FAILED")
        await console.shows("has changed meanwhile")


async def test_what_cannot_be_done_is_listed_with_its_reason(tmp_path: Path) -> None:
    async with opened(tmp_path, (Pod("u9", "empty"),)) as console:
        await console.until(lambda: console.names)
        await console.pilot.press("a")
        await console.shows("cannot: it runs no container")
        await console.pilot.press("enter")
        assert console.action.asked == []


@pytest.mark.parametrize(
    ("fault", "words"),
    [(Denied("patch pods is not allowed", fix="ask for it"), "ask for it"), (KeyError("uid"), "KeyError")],
)
async def test_a_plan_that_fails_is_a_toast_and_nothing_more(tmp_path: Path, fault: Exception, words: str) -> None:
    async with opened(tmp_path, THREE) as console:
        console.action.fault = fault
        await console.until(lambda: console.names)
        await console.pilot.press("a")
        await console.until(lambda: isinstance(console.app.screen, ActionMenu))
        await console.pilot.press("enter")
        await console.until(lambda: words in console.said())
        assert console.app.is_running


async def test_no_key_but_the_menu_leads_to_a_change(tmp_path: Path) -> None:
    skipped = {"app.actions", "app.quit", "app.back", "app.command", "app.filter"}
    async with opened(tmp_path, THREE) as console:
        await console.until(lambda: console.names)
        for key in KEYS:
            if key.where in {"app", "table"} and key.id not in skipped:
                await console.pilot.press(key.keys.split(",")[0])
                while len(console.app.screen_stack) > 1:
                    await console.pilot.press("escape")
        assert console.action.asked == []
        assert console.script.applied == 0
