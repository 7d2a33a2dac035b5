"""The whole console in a test, on a sandbox cluster: real requests, a real trail, and a clock that a test moves."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any

from textual.pilot import Pilot

from providers.core.audit import Audit, Entry
from providers.core.config import Config, Environment, GateSettings, Kubernetes
from providers.core.gate import Gate
from providers.core.runtime import Core
from providers.core.site import Site
from providers.kube.provider import Kube
from sandbox.cluster.cluster import Cluster
from screens import MODES
from screens.services.panels import Pods
from tests.app.console import Terminal
from tests.unit.core.build import AT_ONCE, OPERATOR, FakeClock
from tui.app import FusionApp
from tui.panel import Panel

NAMESPACE = "fusion-bitcoin"


class Bridge(Terminal):
    """A console on a cluster."""

    def __init__(self, app: FusionApp, pilot: Pilot[Any], cluster: Cluster, clock: FakeClock, audit: Audit) -> None:
        super().__init__(app, pilot)
        self.cluster = cluster
        self.clock = clock
        self.audit = audit

    def trail(self, kind: str = "") -> list[Entry]:
        """What was recorded so far."""
        return [entry for entry in self.audit.read() if kind in ("", entry.kind)]

    def secret(self, name: str, key: str) -> str:
        """A value that must not be seen."""
        data = self.cluster.store.get("secrets", NAMESPACE, name)["data"]
        return base64.b64decode(data[key]).decode()

    async def read(self) -> None:
        """Every panel of the screen has its first answer."""
        panels = self.app.screen.query(Panel)
        await self.until(lambda: panels and all(p.reading.state != "waiting" for p in panels), "everything is read")

    async def at_pod(self, part: str) -> None:
        """Put the cursor on the pod whose name has `part`."""
        pods = self.app.screen_stack[0].query_one(Pods)
        await self.until(lambda: any(part in pod.name for pod in pods._rows), f"there is a pod {part}")
        pods.focus()
        pods.action_top()
        pods.action_move(next(at for at, pod in enumerate(pods._rows) if part in pod.name))


def site_on(
    path: Path,
    cluster: Cluster,
    user: str,
    clock: FakeClock,
    *,
    production: bool = False,
    keys: Mapping[str, str] = MappingProxyType({}),
) -> Site:
    kubernetes = Kubernetes(kubeconfig=str(cluster.kubeconfigs[user]), namespace=NAMESPACE)
    environment = Environment("staging", production=production, kubernetes=kubernetes)
    config = Config(default="staging", environments={"staging": environment}, keys=dict(keys))
    kube = Kube("staging", kubernetes, config.services_of(environment), config.thresholds_of(environment))
    audit = Audit(path / "state" / "audit", anchor=lambda _: None)
    gate = Gate("staging", production, audit, OPERATOR, GateSettings(), clock, readback=AT_ONCE)
    return Site("staging", config, environment, (kube,), gate, audit, OPERATOR)


@asynccontextmanager
async def on_cluster(
    path: Path,
    cluster: Cluster,
    user: str = "oncall",
    *,
    size: tuple[int, int] = (140, 40),
    production: bool = False,
    keys: Mapping[str, str] = MappingProxyType({}),
) -> AsyncIterator[Bridge]:
    """The console as `user`; everything ends with the block."""
    core, clock = Core(), FakeClock()
    core.start()
    site = site_on(path, cluster, user, clock, production=production, keys=keys)
    app = FusionApp(core, lambda _: site, site, MODES)
    try:
        async with app.run_test(size=size, notifications=True) as pilot:
            yield Bridge(app, pilot, cluster, clock, site.audit)
    finally:
        core.submit(site.close()).result(15.0)
        assert core.stop(5.0)
