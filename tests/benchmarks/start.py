"""From the start of the process to the first frame that says something."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial

from tests.benchmarks.bare import FIRST
from tests.benchmarks.bench import Bench, bare, bench
from tests.benchmarks.measure import Figure, best
from tests.benchmarks.terminal import Terminal

USEFUL = "READ-ONLY"
"""Stands in the header beside the environment's name, above panels that say what they wait for."""


def figures() -> list[Figure]:
    """The console's first frame, and the shortest thing it can be asked."""
    with bench(60) as scene:
        empty_app = partial(bare, scene.directory)
        ours, theirs = best([lambda: _frame(scene.console, USEFUL), lambda: _frame(empty_app, FIRST)])
        rows = min(_frame(scene.console, "Pods 60") for _ in range(3))
        version, empty = best([lambda: _version(scene), lambda: _python(scene)], rounds=9)
    return [
        Figure("start to the first useful frame", ours * 1000, "ms", "empty Textual app", theirs * 1000, 1.5, True,
               f"rows of 60 pods after {rows * 1000:.0f} ms"),
        Figure("--version", version * 1000, "ms", "python -c pass", empty * 1000, 150),
    ]  # fmt: skip


def _frame(opened: Callable[[], Terminal], text: str) -> float:
    with opened() as terminal:
        return terminal.until(text) - terminal.began


def _version(scene: Bench) -> float:
    return _run([sys.executable, "-m", "tui", "--version"], scene)


def _python(scene: Bench) -> float:
    return _run([sys.executable, "-c", "pass"], scene)


def _run(argv: list[str], scene: Bench) -> float:
    began = time.monotonic()
    subprocess.run(argv, env=scene.environ, check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - began
