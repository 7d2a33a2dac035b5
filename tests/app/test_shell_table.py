"""The cursor belongs to a thing, not to a row; old is never shown as new; a filter never loses what it hides."""

from __future__ import annotations

from pathlib import Path

import pytest

from providers.core.errors import Denied, Unreachable
from tests.app.console import THREE, Pod, opened


async def test_the_cursor_follows_its_row_wherever_it_moves(tmp_path: Path) -> None:
    async with opened(tmp_path, THREE) as console:
        await console.until(lambda: console.names)
        await console.pilot.press("j")
        assert console.table.selected == THREE[1]
        console.pods.put((THREE[2], THREE[0], Pod("u0", "new"), THREE[1]))
        await console.until(lambda: len(console.names) == 4)
        assert console.table.selected == THREE[1]


async def test_a_vanished_row_leaves_nothing_selected_until_a_key_selects(tmp_path: Path) -> None:
    async with opened(tmp_path, THREE) as console:
        await console.until(lambda: console.names)
        await console.pilot.press("G")
        console.pods.put(THREE[:1])
        await console.until(lambda: len(console.names) == 1)
        assert console.table.selected is None
        await console.shows("the selected one is gone")
        await console.pilot.press("a")
        await console.until(lambda: "Nothing is selected" in console.said())
        await console.pilot.press("k")
        assert console.table.selected == THREE[0]


async def test_everything_may_vanish_and_come_back(tmp_path: Path) -> None:
    async with opened(tmp_path, THREE) as console:
        await console.until(lambda: console.names)
        await console.pilot.press("G")
        console.pods.put(())
        await console.shows("no pods")
        console.pods.put(THREE)
        await console.until(lambda: len(console.names) == 3)
        assert console.table.selected == THREE[2]


async def test_a_filter_shorter_than_the_cursor_keeps_the_console_alive(tmp_path: Path) -> None:
    async with opened(tmp_path, THREE) as console:
        await console.until(lambda: console.names)
        await console.pilot.press("G", "slash", *"relayer", "enter")
        await console.until(lambda: console.names == ["relayer-a", "relayer-b"])
        await console.shows("2 of 3")
        await console.pilot.press("escape")
        await console.until(lambda: len(console.names) == 3)
        assert console.table.selected == THREE[2]


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("!relayer", ["resolver-a"]), ("/a$|7$/", ["relayer-b"]), ("-l app=x", ["labelled"]), ("CRASH", ["relayer-b"])],
)
async def test_filters(tmp_path: Path, typed: str, kept: list[str]) -> None:
    pods = (*THREE, Pod("u4", "labelled", labels={"app": "x"}))
    async with opened(tmp_path, pods if "app" in typed else THREE) as console:
        await console.until(lambda: console.names)
        await console.pilot.press("slash")
        await console.pilot.press(*(_KEYS.get(sign, sign) for sign in typed), "enter")
        await console.until(lambda: console.names == kept)


_KEYS = {"!": "exclamation_mark", "/": "slash", "$": "dollar_sign", "|": "vertical_line", " ": "space", "-": "minus",
         "=": "equals_sign"}  # fmt: skip


async def test_a_wrong_expression_is_named_and_changes_nothing(tmp_path: Path) -> None:
    async with opened(tmp_path, THREE) as console:
        await console.until(lambda: console.names)
        await console.pilot.press("slash", "slash", "left_parenthesis", "a", "enter")
        await console.until(lambda: "not a regular expression" in console.said())
        assert len(console.names) == 3


async def test_only_faults_and_back(tmp_path: Path) -> None:
    async with opened(tmp_path, THREE) as console:
        await console.until(lambda: console.names)
        await console.pilot.press("ctrl+z")
        assert console.names == ["relayer-b"]
        await console.shows("faults only")
        await console.pilot.press("ctrl+z")
        assert len(console.names) == 3


async def test_sorting_by_a_column_and_the_other_way_round(tmp_path: Path) -> None:
    async with opened(tmp_path, THREE) as console:
        await console.until(lambda: console.names)
        await console.pilot.press("s", "s", "s", "S")
        assert console.names == ["relayer-b", "resolver-a", "relayer-a"]
        await console.shows("RESTARTS▼")


async def test_a_cut_keeps_the_last_value_and_says_why_it_is_old(tmp_path: Path) -> None:
    async with opened(tmp_path, THREE, size=(120, 24)) as console:
        await console.until(lambda: console.names)
        console.pods.put(Unreachable("connection refused", source="kube staging"))
        await console.shows("DOWN")
        await console.shows("connection refused")
        assert len(console.names) == 3
        assert not console.table.current


async def test_denied_is_never_an_empty_table(tmp_path: Path) -> None:
    async with opened(tmp_path, size=(120, 24)) as console:
        denied = Denied("list pods in fusion-bitcoin is not allowed", permission="list pods", fix="ask for the role")
        console.pods.put(denied)
        await console.shows("DENIED")
        await console.shows("ask for the role")
        assert "no pods" not in console.text()


@pytest.mark.parametrize("size", [(80, 24), (200, 60), (40, 10)])
async def test_every_line_fits_the_terminal(tmp_path: Path, size: tuple[int, int]) -> None:
    async with opened(tmp_path, THREE, size=size) as console:
        await console.shows("relayer-b")
        assert len(console.text().split("\n")) == size[1]


async def test_thousands_of_rows_cost_what_one_sees(tmp_path: Path) -> None:
    many = tuple(Pod(f"u{n}", f"pod-{n:05d}") for n in range(5000))
    async with opened(tmp_path, many) as console:
        await console.until(lambda: len(console.names) == 5000)
        await console.pilot.press("G")
        await console.shows("pod-04999")
        await console.pilot.press("g")
        await console.shows("pod-00000")


HOSTILE = "\x1b]0;p\x07\x9b2J[@click=app.leave]x[/] \u202ee\u2069\U000e0041"


async def test_hostile_text_is_drawn_as_text(tmp_path: Path) -> None:
    async with opened(tmp_path, (Pod("u1", HOSTILE), Pod("u2", "plain")), size=(120, 24)) as console:
        await console.shows("[@click=app.leave]x[/]")
        assert not set(console.text()) & set("\x1b\x07\x9b\u202e\u2069\U000e0041")
        await console.pilot.click("#pods", offset=(20, 2))
        assert console.app.is_running
