"""Take the pictures of the documentation from the running console on a sandbox of its own: python -m scripts.snap."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

from providers.core.runtime import Core
from sandbox.control import ask
from sandbox.embedded import started
from screens import MODES
from tui.app import FusionApp
from tui.commands.invocation import Invocation, Overrides

PICTURES = Path(__file__).parents[1] / "docs" / "pictures"
DEADLINE = 40.0


async def take(config: Path) -> None:
    """A bad release: seen on the services screen, then the plan to roll it back."""
    invocation = Invocation(Overrides(config))
    core = Core()
    core.start()
    app = FusionApp(core, invocation.build, invocation.build("sandbox"), MODES)
    async with app.run_test(size=(140, 40)) as pilot:
        await _until(pilot.pause, lambda: "CrashLoopBackOff" in app.export_screenshot())
        _save(app, "services.svg")
        await pilot.press("j", "a")
        await pilot.pause(0.5)
        await pilot.press("enter")
        await _until(pilot.pause, lambda: "dry" in app.export_screenshot() and "Cancel" in app.export_screenshot())
        _save(app, "confirm.svg")
        await pilot.press("escape")
        app.exit(0)
    core.stop()


async def _until(pause: Callable[[float], object], good: Callable[[], bool]) -> None:
    async with asyncio.timeout(DEADLINE):
        while not good():
            await pause(0.5)  # type: ignore[misc]


def _save(app: FusionApp, name: str) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    (PICTURES / name).write_text(app.export_screenshot(title="fusion-console"))
    print(f"docs/pictures/{name}")  # noqa: T201 - a script for people


def main() -> None:
    os.environ["TERM"] = "xterm-256color"
    with started() as config:
        ask("break", ("bad-release",), config.parent / "control.sock")
        asyncio.run(take(config))


if __name__ == "__main__":
    main()
