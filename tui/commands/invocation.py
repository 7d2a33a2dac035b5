"""What one call of the command line works with: its options, the configuration they select, and a site to run on."""

from __future__ import annotations

import os
import sys
from collections.abc import Awaitable, Callable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from providers.core.errors import FusionError, UsageError

if TYPE_CHECKING:
    from providers.core.config_file import Loaded
    from providers.core.site import Site


class Overrides(NamedTuple):
    """Options that beat the configuration file."""

    config: Path | None = None
    environment: str = ""
    kubeconfig: str = ""
    context: str = ""
    namespace: str = ""


class Invocation:
    """Lives in click's context; nothing is read before it is asked for."""

    def __init__(self, overrides: Overrides) -> None:
        self.overrides = overrides

    @cached_property
    def loaded(self) -> Loaded:
        """Raises ConfigError naming file, line and key."""
        from providers.core.config_file import load

        return load(self.overrides.config, os.environ)

    @property
    def environment(self) -> str:
        """The chosen environment's name. Raises UsageError when it is not configured."""
        name = self.overrides.environment or self.loaded.config.default
        if name not in self.loaded.config.environments:
            raise UsageError(
                f"no environment {name!r}", fix=f"configured: {', '.join(self.loaded.config.environments)}"
            )
        return name

    def build(self, name: str) -> Site:
        """Build (not open) the site of an environment."""
        from tui.compose import build_site

        return build_site(self.loaded.config, name, self.overrides)

    def run(self, work: Callable[[Site], Awaitable[int]]) -> None:
        """Open the site, do the work on this thread's loop, close it, and leave with its exit code."""

        import asyncio

        async def main() -> int:
            site = self.build(self.environment)
            await site.open()
            try:
                return await work(site)
            finally:
                await site.close()

        leave(guarded(lambda: asyncio.run(main())))


def guarded(work: Callable[[], int]) -> int:
    """Turn every expected end into its exit code, with one sentence and the fix on stderr."""
    # Imported late: `--version`, help and completion must not wait for what they do not use.
    from tui.commands.exits import Exit, exit_of_error
    from tui.commands.output import narrate

    try:
        return work()
    except FusionError as error:
        narrate(f"fusion-console: {error.message}")
        if error.fix:
            narrate(f"  fix: {error.fix}")
        return exit_of_error(error)
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
    except BrokenPipeError:
        # The reader has gone: without this the interpreter complains once more while flushing.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.OK


def leave(code: int) -> None:
    """End the process with `code`."""
    click.get_current_context().exit(int(code))
