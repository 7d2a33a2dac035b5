"""One call of a command: its arguments, environment and streams, and the system it is made on."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Protocol, TypeVar

from sandbox.shell.pipe import Pipe

CallT = TypeVar("CallT", bound="Call")


class Sink(Protocol):
    """Where output goes."""

    async def write(self, data: bytes) -> None:
        """Append; may wait. Raises BrokenPipeError."""


class Nowhere:
    """/dev/null."""

    async def write(self, data: bytes) -> None:
        """Forget."""


@dataclass(frozen=True)
class Wording:
    """How a system complains, as format strings, and how it prompts."""

    missing: str
    """No command of that {name}."""
    unreadable: str
    """A {tool} cannot read {path}: {why}."""
    no_input: str
    """Nothing at the {path} of a redirection."""
    misread: str
    """The line cannot be read: {wrong}."""
    prompt: bytes


@dataclass(kw_only=True)
class Call(ABC):
    """`argv[0]` is the command. A system derives its own kind, which its commands take."""

    wording: ClassVar[Wording]

    argv: list[str]
    stdin: Pipe
    out: Sink
    err: Sink
    env: dict[str, str]
    tty: bool = False
    status: int = 0
    args: list[str] = field(init=False)

    def __post_init__(self) -> None:
        self.args = self.argv[1:]

    @abstractmethod
    def find(self, name: str) -> Callable[[Any], Awaitable[int]] | None:
        """The command of that name, which takes this kind of call; None when there is none."""

    @abstractmethod
    def read(self, path: str) -> bytes | None:
        """The content of a file, None when there is no such file."""

    @abstractmethod
    def listing(self, folder: str) -> list[str] | None:
        """Names in a directory, None when it is not one."""

    @abstractmethod
    async def connect(self, target: str) -> int:
        """Bash's `</dev/tcp/HOST/PORT`: the exit code, after a complaint when it is not 0."""

    async def say(self, text: str) -> None:
        """One line on stdout."""
        await self.out.write(text.encode() + b"\n")

    async def complain(self, text: str, code: int = 1) -> int:
        """One line on stderr; returns the exit code."""
        await self.err.write(text.encode() + b"\n")
        return code

    async def cannot_read(self, path: str, code: int = 1) -> int:
        """Complain that a file cannot be read."""
        why = "Is a directory" if self.listing(path) else "No such file or directory"
        return await self.complain(self.wording.unreadable.format(tool=self.argv[0], path=path, why=why), code)

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

    def again(self: CallT, argv: list[str], env: dict[str, str] | None = None) -> CallT:
        """The same streams for another command."""
        return replace(self, argv=argv, env=self.env if env is None else env)


Command = Callable[[Call], Awaitable[int]]
