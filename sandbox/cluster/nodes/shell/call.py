"""One call of a command in a container."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Protocol

from sandbox.cluster.nodes.network import Network
from sandbox.cluster.nodes.programs.box import Box
from sandbox.cluster.nodes.shell.pipe import Pipe


class Sink(Protocol):
    """Where output goes."""

    async def write(self, data: bytes) -> None:
        """Append; may wait. Raises BrokenPipeError."""


class Nowhere:
    """/dev/null."""

    async def write(self, data: bytes) -> None:
        """Forget."""


@dataclass
class Call:
    """Arguments, environment and streams. `argv[0]` is the command."""

    argv: list[str]
    box: Box
    network: Network
    stdin: Pipe
    out: Sink
    err: Sink
    env: dict[str, str]
    tty: bool = False
    status: int = 0
    args: list[str] = field(init=False)

    def __post_init__(self) -> None:
        self.args = self.argv[1:]

    async def say(self, text: str) -> None:
        """One line on stdout."""
        await self.out.write(text.encode() + b"\n")

    async def complain(self, text: str, code: int = 1) -> int:
        """One line on stderr; returns the exit code."""
        await self.err.write(text.encode() + b"\n")
        return code

    def option(self, *names: str) -> str | None:
        """The value after the first of these options, glued or apart."""
        for index, arg in enumerate(self.args):
            for name in names:
                if arg == name:
                    return self.args[index + 1] if index + 1 < len(self.args) else ""
                if name.startswith("--") and arg.startswith(name + "="):
                    return arg[len(name) + 1 :]
                if len(name) == 2 and arg.startswith(name) and len(arg) > 2 and not arg.startswith("--"):
                    return arg[2:]
        return None

    def operands(self, *valued: str) -> list[str]:
        """What is neither an option nor the value of one of `valued`."""
        found, skip = [], False
        for arg in self.args:
            if skip:
                skip = False
            elif arg in valued:
                skip = True
            elif not arg.startswith("-") or arg == "-":
                found.append(arg)
        return found

    def again(self, argv: list[str], env: dict[str, str] | None = None) -> Call:
        """The same streams for another command."""
        return replace(self, argv=argv, env=self.env if env is None else env)


Command = Callable[[Call], Awaitable[int]]
