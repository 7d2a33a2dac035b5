"""The whole console on the whole estate: every member a real server in processes of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import msgspec

from providers.core.config_file import load
from providers.core.runtime import Core
from sandbox.control import ask
from screens import MODES
from tests.app.console import Terminal
from tui.app import FusionApp
from tui.commands.invocation import Overrides
from tui.compose import build_site
from tui.panel import Panel


@contextmanager
def an_estate() -> Iterator[dict[str, Any]]:
    """Where everything of a running estate is; it ends with the block."""
    with subprocess.Popen([sys.executable, "-m", "sandbox", "up", "--json"], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            where: dict[str, Any] = json.loads(process.stdout.readline())
            yield where
        finally:
            process.terminate()


class Estate(Terminal):
    """A console, and the estate that it looks at."""

    def __init__(self, app: FusionApp, pilot: Any, where: dict[str, Any]) -> None:
        super().__init__(app, pilot)
        self._control = Path(where["control"])

    def break_(self, *faults: str) -> None:
        ask("break", faults, self._control)

    def heal(self) -> None:
        ask("heal", (), self._control)

    async def read(self) -> None:
        """Every panel that is looked at has its first answer."""
        screen: Any = self.app.screen
        await self.until(lambda: all(p.reading.state != "waiting" for p in screen.shown_panels()), "all is read")

    def panel(self, kind: type[Panel[Any]]) -> Any:
        return self.app.screen.query_one(kind)


@asynccontextmanager
async def on_estate(
    path: Path, where: dict[str, Any], *, environment: str = "sandbox", size: tuple[int, int] = (160, 48)
) -> AsyncIterator[Estate]:
    """The console as it is composed for users, its state in `path`."""
    found = load(Path(where["config"]), os.environ).config
    config = msgspec.structs.replace(found, state_dir=str(path / "state"))
    core = Core()
    core.start()
    site = build_site(config, environment, Overrides())
    app = FusionApp(core, lambda _: site, site, MODES)
    try:
        async with app.run_test(size=size, notifications=True) as pilot:
            yield Estate(app, pilot, where)
    finally:
        core.submit(site.close()).result(20.0)
        assert core.stop(5.0)
