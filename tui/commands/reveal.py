"""`fusion-console reveal`: one value of one secret, recorded before it is read (K07)."""

from __future__ import annotations

import sys

import click

from providers.core.errors import UsageError
from providers.core.site import Site
from providers.core.text import clean_lines
from tui.commands.exits import Exit
from tui.commands.invocation import Invocation
from tui.commands.target import parse_target
from tui.compose import kube_of


@click.command("reveal")
@click.argument("target", metavar="secret/NAME")
@click.argument("key")
@click.option("--reason", required=True, help="Why; written to the audit trail.")
@click.pass_obj
def reveal(invocation: Invocation, target: str, key: str, reason: str) -> None:
    """Print the value of one key. Without an audit line nothing is read (exit 4)."""

    async def work(site: Site) -> int:
        from providers.kube.origins import SecretKey
        from providers.kube.reveal import reveal as read

        kind, name = parse_target(target)
        if kind != "secret":
            raise UsageError(f"a {kind} has no secret values", fix="give secret/NAME")
        client = kube_of(site).client
        value = await read(client, site.gate, client.namespace, SecretKey(name, key), reason)
        # The one place where a secret is meant to be seen: around the masking of everything else that is printed.
        shown = value.reveal()
        click.echo("\n".join(clean_lines(shown)) if sys.stdout.isatty() else shown)
        return Exit.OK

    invocation.run(work)
