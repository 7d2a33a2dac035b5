"""Logs: how fast a backlog is taken in, and whether keys wait while lines arrive."""

from __future__ import annotations

import random
import time

from tests.benchmarks.bench import Bench, bare, bench
from tests.benchmarks.measure import Figure, best, percentile
from tests.benchmarks.terminal import Terminal

BACKLOG = 1_000_000
RATE = 10_000
"""Lines a second."""
PRESSES = 60
SHARE = 3.0
"""A third of the speed of a raw copy, as a share of its time."""
PROMPTED = 0.5
"""Seconds in which a prompt takes the keys over."""
PATTERN = "error"
"""Matches one line in 500."""


def figures() -> list[Figure]:
    """The backlog first; then keys while lines arrive."""
    with bench(60) as scene:
        size = scene.ask("fill", lines=BACKLOG)["bytes"]
        with scene.console() as console:
            pod = _open(console)
            console.press("i")
            time.sleep(PROMPTED)
            _, mark = console.press(f"{PATTERN}\r")
            console.until(f"only /{PATTERN}/", mark)
            copy = ["logs", "--timestamps", pod]
            ours, theirs = best([lambda: _backlog(console), lambda: scene.kubectl(*copy)], rounds=3)
        backlog = Figure(
            f"backlog of {BACKLOG} lines ({size // 1_000_000} MB) filtered into the ring", ours * 1000, "ms",
            "kubectl logs to nowhere", theirs * 1000, SHARE, True, f"{size / ours / 1e6:.0f} MB/s",
        )  # fmt: skip
        return [backlog, _keys(scene)]


def _open(console: Terminal) -> str:
    """Open the log of the first pod; its name."""
    console.until("Pods 60")
    _, mark = console.press("\t")
    console.until("▸Pods", mark)
    _, mark = console.press("l")
    console.until("following", mark)
    return "fusion-bitcoin-relayer-6c87b86879-00000"


def _backlog(console: Terminal) -> float:
    """Seconds from the key that asks for everything to the screen that has counted the last line."""
    # Everything but what was left out is an error line; each of both is counted as it is taken in.
    screened = BACKLOG - BACKLOG // 500
    began, mark = console.press("5")
    shown = console.until(f"{screened} screened", mark)
    # The next round must not find what this one left on the screen.
    _, mark = console.press("0")
    console.until(f"{screened} screened", mark, gone=True)
    return shown - began


def _keys(scene: Bench) -> Figure:
    with scene.console() as console, bare(scene.directory) as empty:
        _open(console)
        empty.until("no key yet")
        scene.ask("say", rate=RATE)
        time.sleep(2)
        pauses = random.Random(7)
        waits: list[float] = []
        floor: list[float] = []
        for number in range(PRESSES):
            words = "PAUSED" if number % 2 == 0 else "following"
            waits.append(_answer(console, " ", words))
            floor.append(_answer(empty, "x", f"key {number + 1} "))
            time.sleep(pauses.uniform(0.05, 0.25))
        scene.ask("say", rate=0)
    ours, theirs = (percentile(values, 0.95) * 1000 for values in (waits, floor))
    what = f"key to screen while {RATE} log lines/s arrive, p95"
    return Figure(what, ours, "ms", "empty Textual app", theirs, 50)


def _answer(terminal: Terminal, key: str, words: str) -> float:
    began, mark = terminal.press(key)
    return terminal.until(words, mark) - began
