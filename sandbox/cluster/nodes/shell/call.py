"""One call of a command in a container."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from sandbox.cluster.nodes.network import Network, Reach
from sandbox.cluster.nodes.programs.box import Box
from sandbox.cluster.nodes.shell.files import Files
from sandbox.shell import call as shell
from sandbox.shell.call import Wording

_WHY = {Reach.REFUSED: "Connection refused", Reach.LOST: "Connection timed out"}
Finder = Callable[[Box, str], Callable[[Any], Awaitable[int]] | None]


@dataclass(kw_only=True)
class Call(shell.Call):
    """`tools` knows the commands of the image."""

    # As busybox words them.
    wording: ClassVar[Wording] = Wording(
        missing="sh: {name}: not found",
        unreadable="{tool}: can't open '{path}': {why}",
        no_input="sh: can't open {path}: no such file",
        misread="sh: {wrong}",
        prompt=b"/ # ",
    )

    box: Box
    network: Network
    tools: Finder

    def find(self, name: str) -> Callable[[Any], Awaitable[int]] | None:
        return self.tools(self.box, name)

    def read(self, path: str) -> bytes | None:
        return Files(self.box, self.network).read(path)

    def listing(self, folder: str) -> list[str] | None:
        return Files(self.box, self.network).listing(folder)

    async def connect(self, target: str) -> int:
        host, _, port = target.removeprefix("/dev/tcp/").partition("/")
        reach = await self.network.reach(self.box, host, int(port))
        if reach is Reach.OPEN:
            return 0
        why = _WHY.get(reach, "Name does not resolve")
        return await self.complain(f"bash: connect: {why}\nbash: line 1: {target}: {why}")


Command = Callable[[Call], Awaitable[int]]
