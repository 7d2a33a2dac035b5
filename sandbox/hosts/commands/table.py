"""Every command of a machine by name."""

from __future__ import annotations

from sandbox.hosts.call import Command
from sandbox.hosts.commands import disk, journalctl, kernel, load, network, runtime, system
from sandbox.shell import text
from sandbox.shell.line import shell

TOOLS: dict[str, Command] = {
    **text.COMMANDS, **disk.COMMANDS, **journalctl.COMMANDS, **kernel.COMMANDS, **load.COMMANDS, **network.COMMANDS,
    **runtime.COMMANDS, **system.COMMANDS, "sh": shell, "bash": shell,
}  # fmt: skip
