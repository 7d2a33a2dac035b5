"""python -m tests.benchmarks.probe REPORT MODULE ARGUMENT…: run a module as a program, and write down what it did.

A tick every 10 ms on every event loop tells how late the loop was; every painting of a table is noted. Nothing of the
program is replaced.
"""

from __future__ import annotations

import asyncio
import functools
import runpy
import sys
import threading
import time
from pathlib import Path
from typing import Any

from tests.benchmarks.report import TICK, Report, Row

_report = Report({}, {}, {}, {})
_tables: dict[str, Any] = {}


def _listen_to_loops() -> None:
    run_forever = asyncio.BaseEventLoop.run_forever

    @functools.wraps(run_forever)
    def probed(loop: asyncio.BaseEventLoop) -> None:
        ticks = _report.ticks.setdefault(threading.current_thread().name, [])

        def tick(due: float) -> None:
            now = loop.time()
            ticks.append((now, now - due))
            # What is missed is missed: the next tick is the next on the grid.
            following = due + TICK * (1 + int((now - due) / TICK))
            loop.call_at(following, tick, following)

        loop.call_soon(tick, loop.time())
        run_forever(loop)

    asyncio.BaseEventLoop.run_forever = probed  # type: ignore[assignment, method-assign]


def _watch_tables() -> None:
    from tui.table import TablePanel

    paint = TablePanel.paint

    @functools.wraps(paint)
    def probed(panel: TablePanel[Any], reading: Any) -> None:
        _report.paints.setdefault(panel.title, []).append(time.monotonic())
        _tables[panel.title] = panel
        paint(panel, reading)

    TablePanel.paint = probed  # type: ignore[assignment, method-assign]


def _note_pods() -> None:
    table = _tables.get("Pods")
    if table is not None:
        _report.known["Pods"] = [_row(pod) for pod in table.feed.latest.value or ()]
        _report.shown["Pods"] = [_row(pod) for pod in table._rows]


def _row(pod: Any) -> Row:
    return pod.name, pod.version, pod.restarts


def main(path: Path, module: str, arguments: list[str]) -> None:
    """Run it to its end, whatever that is."""
    _listen_to_loops()
    if module == "tui":
        _watch_tables()
    sys.argv = [module, *arguments]
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    finally:
        _note_pods()
        _report.write(path)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3:])
