"""One call of a command on a machine, and how its tools read their options."""

from __future__ import annotations

import getopt
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import wraps
from typing import ClassVar

from sandbox.hosts import files
from sandbox.hosts.host import Host
from sandbox.shell import call as shell
from sandbox.shell.call import Wording


@dataclass(kw_only=True)
class Call(shell.Call):
    """`at` is the moment of the call by the machine's clock; `root` is set behind sudo."""

    # As bash and the coreutils word them.
    wording: ClassVar[Wording] = Wording(
        missing="bash: line 1: {name}: command not found",
        unreadable="{tool}: {path}: {why}",
        no_input="bash: line 1: {path}: No such file or directory",
        misread="bash: -c: line 1: {wrong}",
        prompt=b"",
    )

    host: Host
    tools: Mapping[str, Command]
    root: bool = False
    at: float = field(init=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.at = self.host.now()

    def find(self, name: str) -> Command | None:
        return self.tools.get(name.removeprefix("/usr").removeprefix("/bin/").removeprefix("/sbin/"))

    def read(self, path: str) -> bytes | None:
        return files.read(self.host, path)

    def listing(self, folder: str) -> list[str] | None:
        return files.listing(self.host, folder)

    async def connect(self, target: str) -> int:
        # No machine of the sandbox has a way out.
        why = "Connection refused"
        return await self.complain(f"bash: connect: {why}\nbash: line 1: {target}: {why}")


Command = Callable[[Call], Awaitable[int]]


class Options:
    """The options of one call in their order, names without dashes."""

    def __init__(self, pairs: Sequence[tuple[str, str]]) -> None:
        self._pairs = [(name.lstrip("-"), value) for name, value in pairs]

    def has(self, *names: str) -> bool:
        """Whether one of these was given."""
        return any(name in names for name, _ in self._pairs)

    def all(self, *names: str) -> list[str]:
        """The values of these."""
        return [value for name, value in self._pairs if name in names]

    def value(self, *names: str) -> str | None:
        """The value of the last of these; None when none was given."""
        return next(reversed(self.all(*names)), None)


Body = Callable[[Call, Options, list[str]], Awaitable[int]]


def tool(short: str = "", long: Sequence[str] = (), *, hint: bool = False, code: int = 1) -> Callable[[Body], Command]:
    """A command with options in the form of `getopt`. A wrong one ends it with `code`, as getopt(3) words it.

    With `hint` the pointer to `--help` follows, as the coreutils and util-linux print it.
    """

    def made(body: Body) -> Command:
        @wraps(body)
        async def run(call: Call) -> int:
            try:
                pairs, operands = getopt.gnu_getopt(call.args, short, list(long))
            except getopt.GetoptError as wrong:
                return await call.complain(_complaint(call.argv[0], wrong, hint=hint), code)
            return await body(call, Options(pairs), operands)

        return run

    return made


def _complaint(name: str, wrong: getopt.GetoptError, *, hint: bool) -> str:
    option = wrong.opt
    if "requires argument" in wrong.msg:
        what = (
            f"option requires an argument -- '{option}'"
            if len(option) == 1
            else f"option '--{option}' requires an argument"
        )
    elif "must not have an argument" in wrong.msg:
        what = f"option '--{option}' doesn't allow an argument"
    elif len(option) == 1:
        what = f"invalid option -- '{option}'"
    else:
        what = f"unrecognized option '--{option}'"
    return f"{name}: {what}" + (f"\nTry '{name} --help' for more information." if hint else "")
