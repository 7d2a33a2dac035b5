"""Take the pictures of the documentation from the console on a frozen bridge: python -m scripts.snap."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

from tests.app.console import Terminal
from tests.pictures.scenes import BAD, Scene, confirm, nothing, settle
from tests.pictures.stage import staged

PICTURES: Final = Path(__file__).parents[1] / "docs" / "pictures"
SIZE: Final = (140, 40)
ACTS: Final[dict[str, tuple[str, Callable[[Terminal], Awaitable[None]]]]] = {
    "services": ("CrashLoopBackOff", nothing),
    "confirm": ("READ-ONLY: tab", confirm),
}
"""The name of a picture to what has to be seen in it, and what has to be done for it."""


async def take(name: str) -> str:
    """One picture, as SVG: a bad release, and the plan to roll it back."""
    shows, act = ACTS[name]
    scene = Scene(BAD, SIZE, shows, act)
    async with staged(scene.known, scene.size, variables=scene.environ) as terminal:
        await settle(terminal, scene)
        return terminal.app.export_screenshot(title="fusion-console")


def main() -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    for name in ACTS:
        (PICTURES / f"{name}.svg").write_text(asyncio.run(take(name)))
        print(f"docs/pictures/{name}.svg")  # noqa: T201 - a script for people


if __name__ == "__main__":
    main()
