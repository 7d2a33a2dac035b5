"""The cells of the Services screen: pure functions of values."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from providers.core.action import Change
from providers.kube.values import Endpoints, Event, Pod, Service
from providers.kube.workloads import Meter, Workload
from tui.cell import Cell, Column
from tui.format import bytes_text, cores
from tui.moment import age, now

if TYPE_CHECKING:
    from providers.kube.rollouts import Revision

NEAR_LIMIT = 0.9
_ROLLOUT = {"complete": "ok", "progressing": "warn", "stuck": "fail", "degraded": "fail", "paused": "warn"}


def _since(moment: datetime | None) -> float:
    return -moment.timestamp() if moment else 0.0


def ready(w: Workload) -> Cell:
    short = w.deployment.ready < w.deployment.desired
    return Cell(f"{w.deployment.ready}/{w.deployment.desired}", "fail" if short else "ok")


def rollout(w: Workload) -> Cell:
    state = w.deployment.rollout.state
    return Cell(state, _ROLLOUT.get(state, "unknown"))


def image(w: Workload) -> Cell:
    return Cell(", ".join(i.rpartition("/")[2] for i in w.deployment.images))


def restarts(count: int, last: datetime | None) -> Cell:
    """ "7 (3m)": how many, and how long ago the last was; red while that is less than ten minutes."""
    if not count:
        return Cell("0", "muted")
    fresh = last is not None and (now() - last).total_seconds() < 600
    return Cell(f"{count} ({age(last)})" if last else str(count), "fail" if fresh else "warn")


def cpu(meter: Meter) -> Cell:
    return _meter(meter, cores)


def memory(meter: Meter) -> Cell:
    return _meter(meter, bytes_text)


def _meter(meter: Meter, said: Callable[[float | None], str]) -> Cell:
    """Marked near its limit. No number is no news, but it is not green either."""
    text = f"{said(meter.used)}/{said(meter.requested)}/{said(meter.limit)}"
    if meter.used is None:
        return Cell(text, "muted")
    near = bool(meter.limit) and meter.used / (meter.limit or 1) >= NEAR_LIMIT
    return Cell(f"{text}!", "fail") if near else Cell(text)


def errors(w: Workload) -> Cell:
    if w.errors is None:
        return Cell("-", "muted")
    if w.errors.lines is None:
        return Cell(w.errors.fault.kind if w.errors.fault else "?", "unknown")
    cut = "≥" if w.errors.cut else ""
    return Cell(f"{cut}{w.errors.lines:.0f}/min", "fail" if w.errors.lines >= 5 else "warn" if w.errors.lines else "ok")


def why(w: Workload) -> Cell:
    return Cell(w.deployment.rollout.reason, "muted")


WORKLOADS: tuple[Column[Workload], ...] = (
    Column("DEPLOYMENT", lambda w: Cell(w.name, "" if w.healthy else "fail"), 36, weight=10),
    Column("READY", ready, 7, weight=9),
    Column("ROLLOUT", rollout, 11, weight=9),
    Column(
        "REV", lambda w: Cell(str(w.deployment.revision)), 4, right=True, weight=6, sort=lambda w: w.deployment.revision
    ),
    Column("IMAGE", image, 28, weight=5),
    Column("RESTARTS", lambda w: restarts(w.restarts, w.last_restart), 16, weight=8, sort=lambda w: -w.restarts),
    Column("ERRORS", errors, 8, right=True, weight=7),
    Column("CPU use/req/lim", lambda w: cpu(w.cpu), 18, weight=4, sort=lambda w: -(w.cpu.used or 0)),
    Column("MEM use/req/lim", lambda w: memory(w.memory), 19, weight=4, sort=lambda w: -(w.memory.used or 0)),
    Column(
        "AGE",
        lambda w: Cell(age(w.deployment.created), "muted"),
        5,
        weight=3,
        sort=lambda w: _since(w.deployment.created),
    ),
    Column("WHY", why, 60, weight=1, flex=True),
)


def pod_style(pod: Pod) -> str:
    if pod.healthy:
        return "muted" if pod.status == "Completed" else "ok"
    return "warn" if pod.status in {"Terminating", "ContainerCreating", "PodInitializing", "Pending"} else "fail"


PODS: tuple[Column[Pod], ...] = (
    Column("POD", lambda p: Cell(p.name, "" if p.healthy else "fail"), 48, weight=10),
    Column("READY", lambda p: Cell(p.ready, "" if p.healthy else "fail"), 6, weight=8),
    Column("STATUS", lambda p: Cell(p.status, pod_style(p)), 26, weight=9),
    Column("RESTARTS", lambda p: restarts(p.restarts, p.last_restart), 16, weight=7, sort=lambda p: -p.restarts),
    Column("AGE", lambda p: Cell(age(p.created), "muted"), 5, weight=5, sort=lambda p: _since(p.created)),
    Column("NODE", lambda p: Cell(p.node or "-", "muted"), 24, weight=3),
    Column("IP", lambda p: Cell(p.ip or "-", "muted"), 15, weight=2),
    Column("LAST", lambda p: Cell(last_end(p), "muted"), 60, weight=1, flex=True),
)


def last_end(pod: Pod) -> str:
    """How its containers ended last."""
    ends = (f"{c.name}: exit {c.last_exit_code} {c.last_reason}" for c in pod.containers if c.last_finished is not None)
    return "; ".join(ends)


EVENTS: tuple[Column[Event], ...] = (
    Column("LAST", lambda e: Cell(age(e.last), "muted"), 5, weight=9, sort=lambda e: _since(e.last)),
    Column("TYPE", lambda e: Cell(e.type, "warn" if e.type == "Warning" else "muted"), 7, weight=7),
    Column("REASON", lambda e: Cell(e.reason, "warn" if e.type == "Warning" else ""), 20, weight=8),
    Column("OBJECT", lambda e: Cell(f"{e.kind.lower()}/{e.subject}"), 32, weight=6),
    Column("TIMES", lambda e: Cell(str(e.count), "muted"), 5, right=True, weight=4, sort=lambda e: -e.count),
    Column("MESSAGE", lambda e: Cell(e.message), 200, weight=10, flex=True),
)


def endpoint_counts(pair: tuple[Service, Endpoints | None]) -> Cell:
    behind = pair[1]
    if behind is None or not (behind.ready or behind.not_ready):
        return Cell("none", "fail")
    waiting = f" +{len(behind.not_ready)} not ready" if behind.not_ready else ""
    return Cell(f"{len(behind.ready)}{waiting}", "fail" if not behind.ready else "warn" if waiting else "ok")


SERVICES: tuple[Column[tuple[Service, Endpoints | None]], ...] = (
    Column("SERVICE", lambda s: Cell(s[0].name), 32, weight=10),
    Column("ENDPOINTS", endpoint_counts, 18, weight=9),
    Column("PORTS", lambda s: Cell(", ".join(s[0].ports), "muted"), 22, weight=4),
    Column("TYPE", lambda s: Cell(s[0].type, "muted"), 10, weight=3),
    Column("SELECTOR", lambda s: Cell(", ".join(f"{k}={v}" for k, v in s[0].selector.items()) or "none", "muted"), 60,
           weight=2, flex=True),
)  # fmt: skip


def difference(changes: tuple[Change, ...]) -> str:
    return "; ".join(f"{c.field}: {_short(c.before)} → {_short(c.after)}" for c in changes)


def _short(value: str | None) -> str:
    """An image without its registry: what differs is at its end, which a narrow column would cut off."""
    if value is None:
        return "(none)"
    path, _, name = value.rpartition("/")
    return name if path and ":" in name and " " not in value else value


REVISIONS: tuple[Column[Revision], ...] = (
    Column("REV", lambda r: Cell(str(r.number), "accent" if r.current else ""), 4, right=True, weight=10),
    Column("", lambda r: Cell("runs now" if r.current else "", "ok"), 8, weight=9),
    Column("AGE", lambda r: Cell(age(r.since), "muted"), 5, weight=7),
    Column("READY", lambda r: Cell(f"{r.ready}/{r.replicas}", "muted"), 6, weight=5),
    Column("IMAGES", lambda r: Cell(", ".join(i.rpartition("/")[2] for i in r.images)), 34, weight=6),
    Column("BY", lambda r: Cell(r.by or "-", "muted"), 16, weight=3),
    Column("CAUSE", lambda r: Cell(r.cause), 40, weight=4),
    Column("GOING BACK CHANGES", lambda r: Cell(difference(r.changes), "muted"), 200, weight=8, flex=True),
)
