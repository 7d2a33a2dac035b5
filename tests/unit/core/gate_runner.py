"""A console that makes change after change: `gate_runner DIRECTORY NAME`; each request is a line in `requests`."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from providers.core.config import GateSettings
from providers.core.gate import Confirmation
from tests.unit.core.build import FakeClock, Script, gate_in, plan_of


async def main(directory: Path, name: str) -> None:
    gate = gate_in(directory, FakeClock(), settings=GateSettings(max_actions=1_000_000))
    gate.arm()
    log = os.open(directory / "requests", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    for number in range(1_000_000):
        script, title = Script(), f"{name} change {number}"
        script.before_apply = lambda title=title: os.write(log, f"{title}\n".encode())
        await gate.run(plan_of(script, title=title), Confirmation("relayer"))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
