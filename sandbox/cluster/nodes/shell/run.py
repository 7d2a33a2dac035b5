"""The commands of a container, by name."""

from __future__ import annotations

import asyncio

from sandbox.cluster.nodes.programs import catalog
from sandbox.cluster.nodes.programs.box import Box
from sandbox.cluster.nodes.shell import client, net, system
from sandbox.cluster.nodes.shell.call import Call, Command
from sandbox.shell import text
from sandbox.shell.line import run, shell

_EXTRA = frozenset({"curl", "wget", "redis-cli", "pg_isready", "nc", "telnet", "netstat", "ss", "bash"})


def find(box: Box, name: str) -> Command | None:
    """The command of that name in this image."""
    plain = name.rpartition("/")[2]
    image = catalog.find(box.image)
    tools = image.program.tools if image else frozenset()
    if plain in _EXTRA and plain not in tools and not (plain == "bash" and "curl" in tools):
        return None
    return _COMMANDS.get(plain)


async def timeout(call: Call) -> int:
    """`timeout [-t] SECONDS COMMAND…`; 124 when it was too slow."""
    words = [a for a in call.args if a != "-t"]
    try:
        async with asyncio.timeout(call.box.world.pace.seconds(float(words[0].rstrip("s")))):
            return await run(call.again(words[1:]))
    except TimeoutError:
        return 124


_COMMANDS: dict[str, Command] = {
    **text.COMMANDS, **system.COMMANDS, **net.COMMANDS, **client.COMMANDS,
    "sh": shell, "ash": shell, "bash": shell, "timeout": timeout,
}  # fmt: skip
