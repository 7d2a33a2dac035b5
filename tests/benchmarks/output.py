"""Bytes that one live screen sends to its terminal."""

from __future__ import annotations

import time

from tests.benchmarks.bench import bench
from tests.benchmarks.measure import Figure
from tests.benchmarks.terminal import Terminal, environment

SPAN = 20.0
"""Seconds that are looked at."""
CHANGES = 1
"""Pods that change in a second."""
MOST = 1.5


def figures() -> list[Figure]:
    """The Services screen of 60 pods beside top, both on a terminal of the same size."""
    with bench(60) as scene, scene.console() as console:
        console.until("Pods 60")
        scene.order("churn", rate=CHANGES, seconds=SPAN + 5)
        with Terminal(["top", "-d", "2"], environment(scene.directory)) as top:
            top.until("load average")
            ours, theirs = _rates(console, top)
        scene.answer()
    what = "bytes to the terminal by one live screen, 160x50"
    return [Figure(what, ours, "KB/s", "top -d 2", theirs, MOST)]


def _rates(*terminals: Terminal) -> list[float]:
    # What is drawn once, at the beginning, is none of what a live screen costs.
    time.sleep(2)
    start = time.monotonic()
    time.sleep(SPAN)
    return [terminal.written(start, start + SPAN) / SPAN / 1000 for terminal in terminals]
