"""A container that runs its command line, as jobs and init containers do."""

from __future__ import annotations

import asyncio

from sandbox.cluster.nodes.programs.box import Ask, Box
from sandbox.cluster.nodes.programs.service import not_found
from sandbox.cluster.seams import HttpAnswer

_KILLED = 143


class Command:
    """Runs `command` and `args` in the small shell, its output being the log."""

    base_memory = 4 * 2**20
    base_cpu = 4
    tools = frozenset({"curl", "nc", "wget", "telnet", "netstat", "pg_isready", "redis-cli"})

    async def run(self, box: Box) -> int:
        """See `Program`. SIGTERM ends it at once, as one without a handler."""
        argv = [*(box.container.get("command") or ()), *(box.container.get("args") or ())]
        if not argv or box.recalled:
            await box.stopping.wait()
            return 0
        work = asyncio.ensure_future(box.world.run(box, argv))
        stopped = asyncio.ensure_future(box.stopping.wait())
        try:
            await asyncio.wait({work, stopped}, return_when=asyncio.FIRST_COMPLETED)
            return work.result() if work.done() else _KILLED
        finally:
            work.cancel()
            stopped.cancel()

    def answer(self, box: Box, ask: Ask) -> HttpAnswer:
        """It serves nothing."""
        return not_found(ask)
