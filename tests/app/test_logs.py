"""The log view: honest about its streams, quick to narrow, and never moving under the reader."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from providers.core.config import Config
from providers.logs.book import Book
from providers.logs.line import Line, Origin
from sandbox.cluster.cluster import Cluster
from screens.services.log import LogScreen
from tests.app.bridge import Bridge, on_cluster
from tests.unit.logs.lines import line, numbered
from tui.logline import Look, drawn, opened
from tui.logwindow import Place, window
from tui.tail import Tail
from tui.view import TextScreen


@asynccontextmanager
async def logs_of(path: Path, cluster: Cluster, part: str) -> AsyncIterator[tuple[Bridge, LogScreen, Tail]]:
    """The log of one pod, read."""
    async with on_cluster(path, cluster) as bridge:
        await bridge.at_pod(part)
        await bridge.pilot.press("l")
        await bridge.until(lambda: isinstance(bridge.app.screen, LogScreen))
        screen = bridge.app.screen
        assert isinstance(screen, LogScreen)
        tail = screen.query_one(Tail)
        await bridge.until(lambda: len(tail.book.ring) > 20 and not tail.book.behind, "lines have come")
        yield bridge, screen, tail


async def test_it_follows_says_how_true_it_is_and_stops_under_the_reader(tmp_path: Path, cluster: Cluster) -> None:
    async with logs_of(tmp_path, cluster, "relayer") as (bridge, _, tail):
        for words in ("following", "1 live", "lag", "0 dropped", "0 GAPS", "F2 pending"):
            await bridge.shows(words)
        await bridge.pilot.press("k", "k")
        stood, end = tail.cursor, tail.book.ring.end
        await bridge.until(lambda: tail.book.ring.end > end + 3, "newer lines came")
        assert tail.cursor == stood
        await bridge.shows("PAUSED")
        await bridge.pilot.press("G")
        assert tail.following


async def test_a_filter_narrows_while_it_is_typed_and_esc_takes_it_back(tmp_path: Path, cluster: Cluster) -> None:
    async with logs_of(tmp_path, cluster, "relayer") as (bridge, _, tail):
        everything = len(tail.book.numbers)
        await bridge.pilot.press("slash", *"htlc")
        await bridge.until(lambda: 0 < len(tail.book.numbers) < everything and not tail.book.behind)
        assert all(b"HTLC" in one.text or b"htlc" in one.text for one in tail.shown())
        await bridge.pilot.press("escape")
        await bridge.until(lambda: len(tail.book.numbers) >= everything)
        await bridge.pilot.press("slash", *"/(/", "enter")
        await bridge.until(lambda: "not a regular expression" in bridge.said())


async def test_include_is_decided_before_lines_take_room(tmp_path: Path, cluster: Cluster) -> None:
    async with logs_of(tmp_path, cluster, "relayer") as (bridge, screen, tail):
        await bridge.pilot.press("f3")
        await bridge.until(lambda: len(tail.book.ring) and screen._state.screened > 0, "it was read anew")
        assert all(b"error" in one.text.lower() for one in tail.shown())
        await bridge.shows("F3 error*")
        await bridge.pilot.press("f3", "i", *"(", "enter")
        await bridge.until(lambda: "not a regular expression" in bridge.said())
        await bridge.pilot.press("f5")
        await bridge.until(lambda: "no such saved filter" in bridge.said())


async def test_errors_marks_and_the_whole_line(tmp_path: Path, cluster: Cluster) -> None:
    async with logs_of(tmp_path, cluster, "relayer") as (bridge, _, tail):
        await bridge.until(lambda: tail.book.error_from(tail.book.ring.end, -1) is not None, "an error came")
        await bridge.pilot.press("e")
        assert tail.selected is not None and b'"level":"error"' in tail.selected.text
        await bridge.pilot.press("m", "k", "k", "apostrophe")
        assert tail.cursor in tail.book.marks
        await bridge.pilot.press("enter")
        await bridge.until(lambda: isinstance(bridge.app.screen, TextScreen))
        await bridge.shows("as written")
        await bridge.pilot.press("escape", "s")
        await bridge.shows("places where lines are missing or may be")


async def test_what_is_shown_is_saved_for_its_reader_alone(
    tmp_path: Path, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Config, "state_directory", lambda *_: tmp_path / "saved")
    async with logs_of(tmp_path, cluster, "relayer") as (bridge, _, _tail):
        await bridge.pilot.press("space", "S")
        await bridge.until(lambda: "lines saved to" in bridge.said())
        path = next((tmp_path / "saved" / "logs").iterdir())
        assert path.stat().st_mode & 0o777 == 0o600
        assert len(path.read_bytes().splitlines()) >= 20


async def test_a_line_is_copied_through_the_terminal(tmp_path: Path, cluster: Cluster) -> None:
    async with logs_of(tmp_path, cluster, "relayer") as (bridge, _, tail):
        await bridge.pilot.press("k")
        assert tail.selected is not None
        written: list[str] = []
        driver = bridge.app._driver
        assert driver is not None
        driver.write = written.append  # type: ignore[method-assign]
        await bridge.pilot.press("c")
        await bridge.until(lambda: any("]52;c;" in piece for piece in written))
        sequence = next(piece for piece in written if "]52;c;" in piece)
        text = base64.b64decode(sequence.partition("]52;c;")[2].rstrip("\x07")).decode()
        assert text == tail.selected.text.decode()


async def test_since_reads_anew(tmp_path: Path, cluster: Cluster) -> None:
    async with logs_of(tmp_path, cluster, "relayer") as (bridge, _, tail):
        await bridge.pilot.press("1")
        await bridge.until(lambda: len(tail.book.ring) > 0)
        await bridge.shows("since 1m")


async def test_leaving_ends_every_stream(tmp_path: Path, cluster: Cluster) -> None:
    async with logs_of(tmp_path, cluster, "relayer") as (bridge, screen, _):
        reading = screen._reading
        assert reading is not None
        await bridge.pilot.press("escape")
        await bridge.until(lambda: not isinstance(bridge.app.screen, LogScreen))
        await bridge.until(reading.done)
        loop = bridge.app.core._loop

        def left() -> list[str]:
            return [t.get_name() for t in asyncio.all_tasks(loop) if t.get_name().startswith("log ")]

        await bridge.until(lambda: not left(), "no stream is left")


HOSTILE = [
    b"boom \x1b[>q\x1b]52;c;cHduZWQ=\x07", b"\x9b31m", b"[/var/log] [@click=app.quit]x[/]", b"\xff\xfe\x00\x01",
    "‮gnirts\u200b".encode(), b"a\rb\x08c", b"x" * 1_000_000, b'{"msg":"\\u001b[2J","k":"\\ud800"}', b"",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("look", [Look(), Look(wrap=True, pretty=False)])
def test_no_bytes_of_a_line_reach_the_terminal_raw(text: bytes, look: Look) -> None:
    one = Line(Origin("pod", "c", "u"), b"2026-11-25T09:00:00.5Z", text)
    found = drawn(one, look, 120)
    assert not [sign for row in found.rows for sign in row if ord(sign) < 32 or 0x7F <= ord(sign) < 0xA0]
    assert sum(len(row) for row in found.rows) < 20_000
    assert opened(one)


def _book(count: int, capacity: int = 1000) -> Book:
    book = Book(capacity)
    book.put(numbered(count))
    while book.work(1.0):
        pass
    return book


def test_the_window_follows_the_newest_line() -> None:
    rows, place = window(_book(50), Look(), Place(), 10, 80)
    assert [row.number for row in rows] == list(range(40, 50))
    assert place == Place()


def test_the_window_keeps_the_line_one_stands_on_where_it_is() -> None:
    book = _book(50)
    rows, place = window(book, Look(), Place(30, 25), 10, 80)
    assert [row.number for row in rows] == list(range(25, 35))
    book.put(numbered(500, 50))
    again, _ = window(book, Look(), place, 10, 80)
    assert [row.number for row in again] == [row.number for row in rows]


def test_the_window_goes_on_when_the_line_fell_out() -> None:
    book = _book(50, capacity=50)
    _, place = window(book, Look(), Place(3, 0), 10, 80)
    book.put(numbered(20, 50))
    rows, place = window(book, Look(), place, 10, 80)
    assert place.cursor == 20
    assert [row.number for row in rows] == list(range(20, 30))


def test_wrapped_lines_take_the_rows_they_need() -> None:
    book = Book(100)
    book.put([line("x" * 200), line("y"), line("z" * 200)])
    look = Look(wrap=True, stamps=False, names=False)
    rows, _ = window(book, look, Place(), 4, 53)
    assert [(row.number, row.part) for row in rows] == [(2, 0), (2, 1), (2, 2), (2, 3)]
    rows, place = window(book, look, Place(1, 0), 4, 53)
    assert [(row.number, row.part) for row in rows] == [(0, 1), (0, 2), (0, 3), (1, 0)]
    assert place.cursor == 1


def test_an_empty_log_has_an_empty_window() -> None:
    assert window(Book(10), Look(), Place(5, 3), 10, 80)[0] == []
