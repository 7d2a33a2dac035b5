"""5,000 pods: how soon they are on the screen, and what a storm of changes does to both event loops."""

from __future__ import annotations

import time

from tests.benchmarks.bench import PODS, Bench, bench, leave
from tests.benchmarks.estate import digest
from tests.benchmarks.measure import Figure, best, percentile
from tests.benchmarks.report import Report

STORM = 30.0
"""Seconds of changes."""
RATE = 2000
STALL = 50.0
"""Milliseconds."""
SETTLE = 2.0
"""Seconds after which whatever was gathered has been drawn."""
LOOPS = ("MainThread", "core")
FIRST_PAGE = "/pods?limit="


def figures() -> list[Figure]:
    """Listing first, then a console that is left alone, then one in a storm."""
    with bench(PODS) as scene:
        idle = _idle(scene)
        ours, theirs = best([lambda: _rows(scene), lambda: scene.kubectl("get", "pods")])
        return [
            Figure(f"{PODS} pods, list to rows on the screen", ours * 1000, "ms", "kubectl get pods", theirs * 1000,
                   1.0, True),
            *_listed(scene, idle), *_storm(scene, idle),
        ]  # fmt: skip


def _rows(scene: Bench) -> float:
    """Seconds from the request of the first page to the count above the rows."""
    scene.ask("asked")
    with scene.console() as console:
        shown = console.until(f"Pods {PODS}")
    return shown - _asked(scene)


def _asked(scene: Bench) -> float:
    """When the first page was asked for."""
    requests: list[tuple[float, str]] = scene.ask("asked")["requests"]
    return min(at for at, path in requests if FIRST_PAGE in path)


def _idle(scene: Bench) -> float:
    """The longest wait on the loop of an empty application: what toolkit and machine do by themselves."""
    console, path = scene.probed("tests.benchmarks.bare")
    with console:
        console.until("no key yet")
        start = time.monotonic()
        time.sleep(5)
        report = leave(console, path, "\x11")
    return max(report.stalls("MainThread", start, start + 5))


def _listed(scene: Bench, idle: float) -> list[Figure]:
    console, path = scene.probed()
    with console:
        shown = console.until(f"Pods {PODS}")
        time.sleep(SETTLE)
        report = leave(console, path)
    first = _asked(scene)
    worst = {loop: max(report.stalls(loop, first, shown + SETTLE)) for loop in LOOPS}
    return [_stall(f"longest stall of the {_name(loop)} while they are listed", worst[loop], idle) for loop in LOOPS]


def _storm(scene: Bench, idle: float) -> list[Figure]:
    console, path = scene.probed()
    with console:
        console.until(f"Pods {PODS}")
        time.sleep(SETTLE)
        start = time.monotonic()
        sent = scene.ask("churn", rate=RATE, seconds=STORM)["sent"]
        end = time.monotonic()
        time.sleep(SETTLE)
        state = scene.ask("state")
        report = leave(console, path)
    what = f"{sent / (end - start):.0f} watch events/s"
    paints = max(report.rate(title, start, end) for title in report.paints)
    return [
        *(_stall(f"{what}, p99.9 stall of the {_name(loop)}", percentile(report.stalls(loop, start, end), 0.999), idle)
          for loop in LOOPS),
        Figure(f"{what}, paintings of a panel", paints, "Hz", "changes", sent / (end - start), 4.0),
        Figure(f"{what}, pods that differ from the server's at the end", _wrong(report, state), "pods",
               "all", state["pods"], 0),
    ]  # fmt: skip


def _stall(what: str, ours: float, idle: float) -> Figure:
    return Figure(what, ours, "ms", "longest of an empty Textual app", idle, STALL)


def _name(loop: str) -> str:
    return "interface" if loop == "MainThread" else loop


def _wrong(report: Report, state: dict[str, object]) -> int:
    """0 when the feed and the rows are what the server has; else how many there are: which, a digest does not tell."""
    same = digest(report.known["Pods"]) == digest(report.shown["Pods"]) == state["digest"]
    return 0 if same else max(1, len(report.shown["Pods"]))
