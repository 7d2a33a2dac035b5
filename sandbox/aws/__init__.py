"""The AWS account around the bridge: a moto server in a process of its own, seeded."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sandbox.child import Child
from sandbox.member import Grounds

START_DEADLINE = 60.0
TROUBLE_DEADLINE = 10.0
TROUBLE = "trouble.json"
"""In the member's directory: the names of what is to be wrong."""


class Aws:
    """The running server and the facts it reported."""

    def __init__(self, child: Child, facts: dict[str, dict[str, Any]], directory: Path) -> None:
        self._child = child
        self._facts = facts
        self._trouble = directory / TROUBLE
        self._asked: set[str] = set()

    @property
    def where(self) -> dict[str, Any]:
        """Endpoint, region, account, and the files a client of AWS needs to be pointed at it."""
        return {f"aws_{name}": fact for name, fact in self._facts["where"].items()}

    @property
    def section(self) -> dict[str, Any]:
        """The environment's `aws` section."""
        return {"aws": self._facts["section"]}

    @property
    def ports(self) -> tuple[int, ...]:
        return (urlsplit(self.where["aws_endpoint"]).port or 80,)

    @property
    def pid(self) -> int:
        return self._child.pid

    @property
    def running(self) -> bool:
        return self._child.running

    async def trouble(self, name: str, on: bool) -> None:
        """Let something be wrong in the account, or no longer; returns when it is so. Raises Unreachable."""
        asked = self._asked | {name} if on else self._asked - {name}
        if asked == self._asked:
            return
        fresh = self._trouble.with_suffix(".new")
        fresh.write_text(json.dumps(sorted(asked)))
        fresh.replace(self._trouble)
        await self._child.line(TROUBLE_DEADLINE)
        self._asked = asked

    async def stop(self) -> None:
        """End it; safe to call twice."""
        await self._child.stop()


async def start(grounds: Grounds) -> Aws:
    """Start and seed it. Raises Unreachable, with the end of its log, when it does not come up."""
    # -P: a directory of the user's that happens to be called sandbox is not this package.
    command = (sys.executable, "-P", "-m", "sandbox.aws", str(grounds.directory), str(grounds.seed))
    child = await Child.start(grounds.home, "aws", command, speaks=True)
    try:
        return Aws(child, json.loads(await child.line(START_DEADLINE)), grounds.directory)
    except BaseException:
        await child.stop()
        raise
