"""The panels of the Services screen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from providers.core.action import Target
from providers.kube.values import Endpoints, Event, Pod, Service, matches
from providers.kube.workloads import Workload
from screens.services import columns
from tui.table import TablePanel

if TYPE_CHECKING:
    from providers.kube.rollouts import Revision

Selection = tuple[Target, Mapping[str, str]]


class Workloads(TablePanel[Workload]):
    """Deployments with all that belongs to them."""

    title = "Deployments"
    kind = "deployment"
    columns = columns.WORKLOADS
    places = ("table", "services")

    def target(self) -> Selection | None:
        w = self.selected
        return (Target("deployment", w.name, w.deployment.namespace, w.uid), {}) if w else None


class Pods(TablePanel[Pod]):
    """Pods, all of them or those of one deployment; what needs a human comes first."""

    title = "Pods"
    kind = "pod"
    columns = columns.PODS
    places = ("table", "services")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.of: Workload | None = None

    def only_of(self, workload: Workload | None) -> None:
        """Show the pods of one deployment."""
        self.of = workload
        self._refill(chosen=True)

    @property
    def scope(self) -> str:
        return f"of {self.of.name}" if self.of else ""

    def widen(self) -> bool:
        """Filter first, then back to the deployments."""
        if super().widen():
            return True
        if self.of is None:
            return False
        self.only_of(None)
        self.screen.query_one(Workloads).focus()
        return True

    def order(self, values: Sequence[Pod]) -> Sequence[Pod]:
        of = self.of
        mine = values if of is None else [p for p in values if matches(of.deployment.selector, p.labels)]
        return sorted(mine, key=attrgetter("healthy", "name"))

    def target(self) -> Selection | None:
        p = self.selected
        return (Target("pod", p.name, p.namespace, p.uid), {}) if p else None


class Events(TablePanel[Event]):
    """Events, newest first."""

    title = "Events"
    kind = "event"
    columns = columns.EVENTS
    places = ("table", "services")

    def order(self, values: Sequence[Event]) -> Sequence[Event]:
        return sorted(values, key=lambda e: e.last.timestamp() if e.last else 0.0, reverse=True)

    def faulty(self, value: Event) -> bool:
        return value.type == "Warning"

    def target(self) -> Selection | None:
        e = self.selected
        return (Target(e.kind.lower(), e.subject, e.namespace, e.subject_uid), {}) if e else None


class Services(TablePanel[tuple[Service, Endpoints | None]]):
    """Services and the addresses behind them."""

    title = "Services"
    kind = "service"
    columns = columns.SERVICES
    places = ("table", "services")

    def identity(self, value: tuple[Service, Endpoints | None]) -> str:
        return value[0].uid

    def faulty(self, value: tuple[Service, Endpoints | None]) -> bool:
        return value[1] is None or not value[1].ready

    def target(self) -> Selection | None:
        s = self.selected
        return (Target("service", s[0].name, s[0].namespace, s[0].uid), {}) if s else None


class Revisions(TablePanel["Revision"]):
    """The revisions of one deployment; an action here goes to the selected one."""

    title = "Revisions"
    kind = "deployment"
    columns = columns.REVISIONS
    places = ("table",)

    def __init__(self, deployment: Target, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._deployment = deployment

    def identity(self, value: Revision) -> str:
        return str(value.number)

    def target(self) -> Selection | None:
        r = self.selected
        return (self._deployment, {"to_revision": str(r.number)}) if r else None
