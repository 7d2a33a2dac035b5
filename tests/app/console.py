"""A whole console in a test: the real application and core thread, a real gate and trail, feeds played by hand."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, ClassVar

import msgspec
from textual.app import ComposeResult
from textual.pilot import Pilot
from textual.widgets import Footer

from providers.core.action import Action, Option, Plan, Risk, Target
from providers.core.audit import Audit
from providers.core.config import Config, Environment, GateSettings
from providers.core.feed import Feed
from providers.core.gate import Gate
from providers.core.provider import Light
from providers.core.runtime import Core
from providers.core.site import Site
from tests.unit.core.build import AT_ONCE, OPERATOR, Script, plan_of
from tui.app import FusionApp, Mode
from tui.cell import Cell, Column
from tui.header import Header
from tui.keys import bindings
from tui.screen import ModeScreen
from tui.table import TablePanel

DEADLINE = 15.0


class Pod(msgspec.Struct, frozen=True):
    uid: str
    name: str
    status: str = "Running"
    restarts: int = 0
    labels: dict[str, str] = {}

    @property
    def healthy(self) -> bool:
        return self.status == "Running"


class Played:
    """A stream whose values and faults come from the test, on whatever thread it runs."""

    def __init__(self, core: Core, name: str, value: Any = None) -> None:
        self._core = core
        self._queue: asyncio.Queue[Any] = asyncio.Queue()
        self._last = value
        self.feed: Feed[Any] = Feed(name, "kube staging", self._stream, deadline=60.0)

    def put(self, value: Any) -> None:
        """A value to publish, or an exception to break with."""
        self._core.call(lambda: self._queue.put_nowait(value))

    async def _stream(self) -> AsyncGenerator[Any, None]:
        if self._last is not None:
            yield self._last
        while True:
            value = await self._queue.get()
            if isinstance(value, BaseException):
                self._last = None
                raise value
            self._last = value
            yield value


class Restart:
    """An action whose plan is played by a script."""

    id: ClassVar[str] = "restart"
    title: ClassVar[str] = "Restart"
    risk: ClassVar[Risk] = Risk.HIGH
    rows: ClassVar[tuple[str, ...]] = ("E04",)
    kinds: ClassVar[frozenset[str]] = frozenset({"pod"})
    options: ClassVar[tuple[Option, ...]] = ()

    def __init__(self, script: Script) -> None:
        self.script = script
        self.asked: list[Target] = []
        self.fault: Exception | None = None

    def hindrance(self, target: Target) -> str:
        return "it runs no container" if target.name == "empty" else ""

    def known(self, target: Target) -> Mapping[str, str]:
        return {}

    async def plan(self, target: Target, options: Mapping[str, str]) -> Plan:
        self.asked.append(target)
        if self.fault is not None:
            raise self.fault
        return plan_of(self.script, name=target.name)


class Provider:
    name = "kube"
    source = "kube staging"
    identity = "oncall"

    def __init__(self, core: Core, actions: Sequence[Action]) -> None:
        self.lights = Played(core, "light", Light("oncall", "cluster-7", "v1.20.2", 0.012))
        self.light = self.lights.feed
        self.feeds: Mapping[str, Feed[Any]] = {}
        self.actions = tuple(actions)
        self.checks = ()

    async def __aenter__(self) -> Provider:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.light.aclose()

    async def permits(self) -> Sequence[Any]:
        return ()


class Pods(TablePanel[Pod]):
    title = "Pods"
    kind = "pod"
    columns = (
        Column("NAME", lambda p: Cell(p.name), width=40, weight=9),
        Column("STATUS", lambda p: Cell(p.status, "ok" if p.healthy else "fail"), width=20, weight=8),
        Column("RESTARTS", lambda p: Cell(str(p.restarts)), right=True, weight=2, sort=lambda p: p.restarts),
    )
    places = ("table",)

    def target(self) -> tuple[Target, Mapping[str, str]] | None:
        pod = self.selected
        return (Target("pod", pod.name, "fusion-bitcoin", pod.uid), {}) if pod else None


class Screen(ModeScreen):
    BINDINGS: ClassVar[list[Any]] = bindings("services")

    def __init__(self, core: Core, site: Site, feed: Feed[Any]) -> None:
        super().__init__()
        self._args = core, site
        self._feed = feed

    def compose(self) -> ComposeResult:
        yield Header(*self._args)
        yield Pods(self._args[0], self._feed, id="pods")
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        super().on_mount()
        self.query_one(Pods).focus()


class Terminal:
    """What anybody sees and does in front of a console."""

    def __init__(self, app: FusionApp, pilot: Pilot[Any]) -> None:
        self.app = app
        self.pilot = pilot

    def text(self) -> str:
        """What stands on the screen, line by line."""
        width, height = self.app.size
        lines = self.app.screen._compositor.render_strips()
        return "\n".join("".join(segment.text for segment in line)[:width] for line in lines[:height])

    def said(self) -> str:
        """All toasts."""
        return "\n".join(notification.message for notification in self.app._notifications)

    async def until(self, holds: Callable[[], object], what: str = "") -> None:
        """Wait for a condition, with a deadline."""
        end = time.monotonic() + DEADLINE
        while not holds():
            assert time.monotonic() < end, f"not within {DEADLINE:g} s: {what or holds}\n{self.text()}\n{self.said()}"
            await self.pilot.pause(0.01)

    async def shows(self, text: str) -> None:
        await self.until(lambda: text in self.text(), f"the screen shows {text!r}")

    async def lacks(self, text: str) -> None:
        await self.until(lambda: text not in self.text(), f"the screen lacks {text!r}")

    async def settled(self) -> None:
        """The dialog takes keys."""
        born = time.monotonic()
        await self.until(lambda: time.monotonic() - born > 0.6, "the dialog settles")


class Console(Terminal):
    """The pieces a test pulls at."""

    def __init__(self, app: FusionApp, pilot: Pilot[Any], pods: Played, provider: Provider, script: Script) -> None:
        super().__init__(app, pilot)
        self.pods = pods
        self.provider = provider
        self.script = script

    @property
    def action(self) -> Restart:
        found: Any = self.provider.actions[0]
        return found

    @property
    def table(self) -> Pods:
        return self.app.screen_stack[0].query_one(Pods)

    @property
    def names(self) -> list[str]:
        return [pod.name for pod in self.table._rows]


def site_in(path: Path, core: Core, provider: Provider, *, name: str = "staging", production: bool = False) -> Site:
    environment = Environment(name, production=production)
    config = Config(default=name, environments={name: environment, "other": Environment("other")})
    audit = Audit(path / "state" / "audit", anchor=lambda _: None)
    gate = Gate(name, production, audit, OPERATOR, GateSettings(), readback=AT_ONCE)
    return Site(name, config, environment, (provider,), gate, audit, OPERATOR)


@asynccontextmanager
async def opened(
    path: Path, pods: Sequence[Pod] = (), *, size: tuple[int, int] = (80, 24), production: bool = False
) -> AsyncIterator[Console]:
    """A console on a staging site with one panel of pods; everything ends with the block."""
    core = Core()
    core.start()
    played, script = Played(core, "pods", tuple(pods)), Script()
    provider = Provider(core, (Restart(script),))
    site = site_in(path, core, provider, production=production)

    def open_site(name: str) -> Site:
        return site_in(path, core, Provider(core, ()), name=name)

    app = FusionApp(core, open_site, site, (Mode("services", lambda c, s: Screen(c, s, played.feed)),))
    try:
        async with app.run_test(size=size, notifications=True) as pilot:
            yield Console(app, pilot, played, provider, script)
    finally:
        assert core.stop(5.0)


THREE = (Pod("u1", "relayer-a"), Pod("u2", "relayer-b", "CrashLoopBackOff", 7), Pod("u3", "resolver-a", restarts=1))
