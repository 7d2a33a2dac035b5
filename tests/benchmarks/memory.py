"""Memory of a console that has much to hold, and whether it stays there."""

from __future__ import annotations

import time

from tests.benchmarks.bench import PODS, bare, bench
from tests.benchmarks.measure import Figure, ends, rss
from tests.benchmarks.terminal import Terminal

LINES = 50_000
"""The ring of a log view, full."""
MOST = 180.0
SOAK = 60.0
CHANGES = 100
SAID = 1000
GROWTH = 1.02
"""How many times the first third of a soak its last third may be: what the allocator does by itself."""


def figures(soak: float = SOAK) -> list[Figure]:
    """5,000 pods and a full log view; then the same while pods change and lines arrive."""
    with bench(PODS) as scene, scene.console() as console:
        console.until(f"Pods {PODS}")
        scene.ask("fill", lines=2 * LINES)
        console.press("\t")
        console.press("l")
        console.until("following")
        _, mark = console.press("5")
        console.until(f"{LINES} lines", mark)
        with bare(scene.directory) as empty:
            empty.until("no key yet")
            theirs = rss(empty.pid)
        time.sleep(3)
        full = rss(console.pid)
        scene.ask("say", rate=SAID)
        scene.order("churn", rate=CHANGES, seconds=soak)
        samples = _sampled(console, soak)
        scene.answer()
    thirds = ends(samples)
    return [
        Figure(f"memory with {PODS} pods and {LINES} log lines", full, "MB", "empty Textual app", theirs, MOST,
               note=f"at most {max(samples):.0f} MB while in use"),
        Figure(f"memory at the end of {soak:.0f} s with {CHANGES} changes/s and {SAID} lines/s", thirds[1], "MB",
               "at its beginning", thirds[0], GROWTH, True),
    ]  # fmt: skip


def _sampled(console: Terminal, seconds: float) -> list[float]:
    # The first change and the first line make room for themselves once.
    time.sleep(min(10.0, seconds / 4))
    end = time.monotonic() + seconds * 0.75
    samples = []
    while time.monotonic() < end:
        samples.append(rss(console.pid))
        time.sleep(0.5)
    return samples
