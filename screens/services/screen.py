"""Services: deployments above, their pods below, events and services beside each other."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Footer

from providers.core.action import Target
from providers.core.asked import Asked
from providers.core.config import Service
from providers.core.feed import Feed, poll
from providers.core.runtime import Core
from providers.core.site import Site
from providers.kube.logwire import LogTarget
from providers.kube.provider import Kube
from providers.kube.selectors import Selector
from screens.services.panels import Events, Pods, Selection, Services, Workloads
from tui.header import Header
from tui.keys import bindings
from tui.screen import ModeScreen
from tui.table import TablePanel

if TYPE_CHECKING:
    from tui.page import Lines

DESCRIBE_EVERY = 5.0
"""Seconds between two readings of a description: its events are news."""
WIDE = 120
"""Columns from which events and services stand side by side."""


class ServicesScreen(ModeScreen):
    """The main screen of an incident."""

    DEFAULT_CSS = """
    ServicesScreen Workloads { height: 2fr; min-height: 5; }
    ServicesScreen Pods { height: 3fr; min-height: 6; }
    ServicesScreen #below { height: 2fr; min-height: 4; }
    ServicesScreen Events { width: 3fr; }
    ServicesScreen Services { width: 2fr; margin-left: 1; }
    ServicesScreen.-narrow Services { width: 0; margin-left: 0; }
    ServicesScreen.-narrow.-services Services { width: 1fr; }
    ServicesScreen.-narrow.-services Events { width: 0; }
    """
    BINDINGS: ClassVar[list[Any]] = bindings("services")
    places = ("table", "services")
    opens = (
        "screens.services.log", "screens.services.pages", "screens.services.contents", "screens.services.rollouts",
        "tui.page", "providers.kube.describe",
    )  # fmt: skip

    def __init__(self, core: Core, site: Site) -> None:
        super().__init__()
        self._core = core
        self._site = site
        kube = site.provider("kube")
        assert isinstance(kube, Kube)
        self._kube = kube

    def compose(self) -> ComposeResult:
        where = f"namespace {self._kube.settings.namespace}"
        yield Header(self._core, self._site)
        yield Workloads(self._core, self._kube.workloads, id="workloads", where=where)
        yield Pods(self._core, self._kube.pods, id="pods", where=where)
        with Horizontal(id="below"):
            yield Events(self._core, self._kube.events, id="events", where=where)
            yield Services(self._core, self._kube.exposed, id="services", where=where)
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        super().on_mount()
        self.query_one(Workloads).focus()

    def on_resize(self, event: events.Resize) -> None:
        self.set_class(event.size.width < WIDE, "-narrow")

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        self.set_class(isinstance(event.widget, Services), "-services")

    def target(self) -> Selection | None:
        """What is selected in the focused panel."""
        focused = self.focused
        return focused.target() if isinstance(focused, Workloads | Pods | Events | Services) else None

    def action_drill(self) -> None:
        """A deployment: its pods. Anything else: describe it."""
        focused = self.focused
        if isinstance(focused, Workloads):
            pods = self.query_one(Pods)
            chosen = focused.selected
            same = pods.of is not None and chosen is not None and pods.of.uid == chosen.uid
            pods.only_of(None if same else chosen)
            pods.focus()
        else:
            self.action_describe()

    def action_logs(self) -> None:
        self._open_logs(previous=False)

    def action_previous(self) -> None:
        self._open_logs(previous=True)

    def _open_logs(self, *, previous: bool) -> None:
        from screens.services.log import LogScreen

        wanted = self._log_target(previous)
        if wanted is None:
            self.fusion.say("Select a pod or a deployment to read logs.", "warning")
        else:
            config = self._site.config
            services = config.services_of(self._site.environment)
            service = next((s for s in services if self._belongs(s, wanted)), None)
            directory = config.state_directory() / "logs"
            self.app.push_screen(LogScreen(self._core, self._kube, wanted, config.log_lines, service, directory))

    def _belongs(self, service: Service, wanted: LogTarget) -> bool:
        """Whether these are logs of a configured service."""
        pods = self._kube.pods.latest.value or ()
        pod = next((pod for pod in pods if pod.name == wanted.pod), None)
        chosen = Selector.parse(service.selector)
        return service.selector == wanted.selector or (pod is not None and chosen.matches(pod.labels))

    def _log_target(self, previous: bool) -> LogTarget | None:
        focused = self.focused
        if isinstance(focused, Pods) and focused.selected is not None:
            pod = focused.selected
            return LogTarget(pod.namespace, pod=pod.name, previous=previous)
        if isinstance(focused, Workloads) and focused.selected is not None:
            d = focused.selected.deployment
            selector = ",".join(f"{key}={value}" for key, value in d.selector.items())
            return LogTarget(d.namespace, selector=selector, previous=previous, tail=200)
        return None

    def action_describe(self) -> None:
        from screens.services.pages import described
        from tui.page import PageScreen

        if (chosen := self._describable()) is not None:
            read = partial(described, self._kube.client, chosen.kind, chosen.namespace, chosen.name)
            feed: Feed[Lines] = Feed("describe", self._kube.source, poll(read, DESCRIBE_EVERY), deadline=20.0)
            self.app.push_screen(PageScreen(self._core, chosen.label, feed))

    def action_yaml(self) -> None:
        from screens.services.pages import manifest
        from tui.page import PageScreen

        if (chosen := self._describable()) is not None:
            read = partial(manifest, self._kube.client, chosen.kind, chosen.namespace, chosen.name)
            page = PageScreen(self._core, f"{chosen.label} as YAML", Asked("manifest", self._kube.source, read))
            self.app.push_screen(page)

    def action_contents(self) -> None:
        """Environment, config maps and secrets of the selected pod; without one, of the namespace."""
        from screens.services.contents import ContentsScreen

        pod = self.focused.selected if isinstance(self.focused, Pods) else None
        self.app.push_screen(ContentsScreen(self._core, self._site, self._kube, pod))

    def action_rollouts(self) -> None:
        from screens.services.rollouts import RolloutsScreen

        workload = self.query_one(Workloads).selected
        if workload is None:
            self.fusion.say("Select a deployment to see its revisions.", "warning")
            return
        d = workload.deployment
        target = Target("deployment", d.name, d.namespace, d.uid)
        self.app.push_screen(RolloutsScreen(self._core, self._site, self._kube, target))

    def _describable(self) -> Target | None:
        from providers.kube.describe import PATHS

        found = self.target()
        if found is None:
            self.fusion.say("Nothing is selected.", "warning")
            return None
        if found[0].kind not in PATHS:
            self.fusion.say(f"A {found[0].kind} cannot be described here.", "warning")
            return None
        return found[0]

    def on_table_panel_selected(self, message: TablePanel.Selected) -> None:
        message.stop()
