"""`fusion-console config`: what is configured, and whether it is right."""

from __future__ import annotations

import os

import click

from tui.commands import output
from tui.commands.exits import Exit
from tui.commands.invocation import Invocation, guarded, leave


@click.group("config")
def config() -> None:
    """Show, validate or write the configuration."""


@config.command("show")
@click.option("--json", "as_json", is_flag=True, help="The values in force as one JSON document.")
@click.pass_obj
def show(invocation: Invocation, as_json: bool) -> None:
    """The values in force, where each comes from, secrets masked."""
    from providers.core.config_report import effective
    from providers.core.config_report import show as shown

    def work() -> int:
        loaded = invocation.loaded
        if as_json:
            output.document({"path": loaded.path and str(loaded.path), "config": effective(loaded.config)})
        else:
            output.data(shown(loaded))
        return Exit.OK

    leave(guarded(work))


@config.command("validate")
@click.option("--json", "as_json", is_flag=True, help="Errors and warnings as one JSON document.")
@click.pass_obj
def validate(invocation: Invocation, as_json: bool) -> None:
    """Every mistake with its file, line and key. Exit 2 when there is one."""
    from providers.core.config_report import validate as judge

    report = judge(invocation.overrides.config, os.environ)
    if as_json:
        output.document(
            {
                "path": report.path and str(report.path),
                "errors": [str(problem) for problem in report.errors],
                "warnings": report.warnings,
            }
        )
    else:
        for problem in report.errors:
            output.data(f"error: {problem}")
        for warning in report.warnings:
            output.data(f"warning: {warning}")
        output.narrate(f"{report.path or 'built-in defaults'}: {len(report.errors)} errors")
    leave(Exit.USAGE if report.errors else Exit.OK)


@config.command("init")
@click.pass_obj
def init(invocation: Invocation) -> None:
    """Write the commented example for you alone; never overwrites."""
    from providers.core.config_report import init as write

    def work() -> int:
        output.data(str(write(invocation.overrides.config, os.environ)))
        return Exit.OK

    leave(guarded(work))
