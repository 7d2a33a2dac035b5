"""The cells of the Database screen about RDS and ElastiCache: pure functions of values."""

from __future__ import annotations

from datetime import datetime

import msgspec

from providers.aws.values import DbCluster, DbInstance, Event, Parameter, ParameterGroup, Snapshot, Window
from providers.aws.values_cache import CacheCluster, ReplicationGroup
from tui.cell import Cell, Column
from tui.format import counted
from tui.moment import age

Managed = DbCluster | DbInstance | CacheCluster | ReplicationGroup


def status(m: Managed) -> Cell:
    return Cell(m.status, "ok" if m.available else "fail")


def kind(m: Managed) -> str:
    if isinstance(m, DbCluster):
        return "cluster"
    if isinstance(m, DbInstance):
        return "instance"
    return "cache" if isinstance(m, CacheCluster) else "replication group"


def role(m: Managed) -> Cell:
    if isinstance(m, DbCluster):
        return Cell(f"writer {m.writer or 'NONE'}, {counted(len(m.readers), 'reader')}", "" if m.writer else "fail")
    if isinstance(m, DbInstance):
        lag = "" if m.lag is None else f", {m.lag:.1f} s behind"
        return Cell({True: "writer", False: f"reader{lag}", None: "alone"}[m.writer])
    return Cell(m.replication_group if isinstance(m, CacheCluster) else f"{len(m.members)} members", "muted")


def size(m: Managed) -> Cell:
    if isinstance(m, DbInstance):
        free = "" if m.free_part is None else f", {m.free_part:.0%} free"
        return Cell(f"{m.instance_class} {m.storage or '?'} GiB{free}")
    if isinstance(m, DbCluster):
        return Cell(f"{m.storage} GiB" if m.storage else "-", "muted")
    return Cell(m.node_type or "-")


def pending(m: Managed) -> Cell:
    waiting = [*m.pending]
    if isinstance(m, CacheCluster | DbCluster) and m.parameter_status not in {"", "in-sync"}:
        waiting.append(f"parameters {m.parameter_status}")
    if isinstance(m, DbInstance):
        waiting += [f"{group.name} {group.status}" for group in m.parameter_groups if group.status != "in-sync"]
    return Cell(", ".join(waiting) or "-", "warn" if waiting else "muted")


def engine(m: Managed) -> Cell:
    return Cell(" ".join(filter(None, (m.engine, getattr(m, "version", "")))))


def zone(m: Managed) -> Cell:
    zones = m.zones if isinstance(m, DbCluster) else (getattr(m, "zone", ""),)
    multi = ", Multi-AZ" if getattr(m, "multi_az", False) is True else ""
    return Cell(", ".join(filter(None, zones)) + multi or "-", "muted")


MANAGED: tuple[Column[Managed], ...] = (
    Column("NAME", lambda m: Cell(m.name), 36, weight=10),
    Column("KIND", lambda m: Cell(kind(m), "muted"), 17, weight=7),
    Column("STATUS", status, 16, weight=10),
    Column("ROLE", role, 26, weight=8),
    Column("PENDING", pending, 40, weight=7),
    Column("ENGINE", engine, 26, weight=5),
    Column("SIZE", size, 30, weight=4),
    Column("ZONE", zone, 34, weight=3),
)

EVENTS: tuple[Column[Event], ...] = (
    Column("AGO", lambda e: Cell(age(e.at), "muted"), 5, right=True, weight=9, sort=lambda e: -_moment(e.at)),
    Column("SUBJECT", lambda e: Cell(e.subject), 32, weight=8),
    Column("KIND", lambda e: Cell(", ".join(e.categories) or e.kind, "muted"), 20, weight=4),
    Column("MESSAGE", lambda e: Cell(e.message), 300, weight=10, flex=True),
)


class WayBack(msgspec.Struct, frozen=True):
    """A recovery point: a snapshot, or the window in which any moment can be restored."""

    point: Snapshot | Window

    @property
    def uid(self) -> str:
        return self.point.arn if isinstance(self.point, Snapshot) else f"window of {self.point.database}"


def point(w: WayBack) -> Cell:
    if isinstance(w.point, Window):
        return Cell(f"any moment of {w.point.database}", "ok" if w.point.latest else "fail")
    return Cell(w.point.name)


def reach(w: WayBack) -> Cell:
    """How far back, or how old; a window that stands still is a backup that stands still."""
    if isinstance(w.point, Window):
        return Cell(f"{age(w.point.earliest)} to {age(w.point.latest)} ago", "" if w.point.latest else "fail")
    return Cell(f"{age(w.point.created)} ago")


def health(w: WayBack) -> Cell:
    if isinstance(w.point, Window):
        return Cell("restorable" if w.point.latest else "no window", "ok" if w.point.latest else "fail")
    part = "" if w.point.progress in {None, 100} else f" {w.point.progress} %"
    return Cell(w.point.status + part, "ok" if w.point.status == "available" else "warn")


WAYS_BACK: tuple[Column[WayBack], ...] = (
    Column("POINT", point, 44, weight=10),
    Column(
        "OF", lambda w: Cell(w.point.database if isinstance(w.point, Window) else w.point.of, "muted"), 32, weight=6
    ),
    Column("REACH", reach, 22, weight=9, sort=lambda w: -_moment(_end(w))),
    Column("STATE", health, 16, weight=8),
    Column("TYPE", lambda w: Cell("point in time" if isinstance(w.point, Window) else w.point.type, "muted"), 14),
)


class Setting(msgspec.Struct, frozen=True):
    """A parameter that was set by hand, and the group it is in."""

    group: ParameterGroup
    parameter: Parameter

    @property
    def uid(self) -> str:
        return f"{self.group.kind}/{self.group.name}/{self.parameter.name}"


def applied(s: Setting) -> Cell:
    waiting = [f"{name}: {state}" for name, state in s.group.used_by if state not in {"in-sync", ""}]
    return Cell(", ".join(waiting) or "in force", "warn" if waiting else "muted")


SETTINGS: tuple[Column[Setting], ...] = (
    Column("PARAMETER", lambda s: Cell(s.parameter.name), 36, weight=10),
    Column("VALUE", lambda s: Cell(s.parameter.value or "(none)"), 24, weight=9),
    Column("APPLIED", applied, 30, weight=7),
    Column("GROUP", lambda s: Cell(s.group.name, "muted"), 32, weight=6),
    Column("TYPE", lambda s: Cell(s.parameter.apply_type, "muted"), 8, weight=4),
    Column("ALLOWED", lambda s: Cell(s.parameter.allowed, "muted"), 60, weight=3, flex=True),
)


def _moment(at: datetime | None) -> float:
    return at.timestamp() if at else 0.0


def _end(w: WayBack) -> datetime | None:
    return w.point.latest if isinstance(w.point, Window) else w.point.created
