"""`fusion-console completion`: the script a shell loads once."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from tui.commands import output


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print the completion script: eval "$(fusion-console completion bash)"."""
    kind = get_completion_class(shell)
    if kind is None:
        raise click.UsageError(f"no completion for {shell}")
    root = ctx.find_root().command
    for name in ("fusion-console", "fc-console"):
        output.data(kind(root, {}, name, f"_{name.replace('-', '_').upper()}_COMPLETE").source())
