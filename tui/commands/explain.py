"""`fusion-console explain`: how the server would run a statement (P01)."""

from __future__ import annotations

import click

from providers.core.site import Site
from tui.commands import output
from tui.commands.exits import Exit
from tui.commands.invocation import Invocation
from tui.compose import postgres_of


@click.command("explain")
@click.argument("statement", metavar="ID|SQL")
@click.option("--analyze", is_flag=True, help="Run it, read-only and within the statement timeout, for real times.")
@click.option("--json", "as_json", is_flag=True, help="The plan as one JSON document.")
@click.pass_obj
def explain(invocation: Invocation, statement: str, analyze: bool, as_json: bool) -> None:
    """EXPLAIN a statement by its id (get statements) or by its text; nothing is run without --analyze."""

    async def work(site: Site) -> int:
        from providers.postgres import explain as reading
        from providers.postgres.outline import outline

        client = postgres_of(site).client
        if statement.lstrip("-").isdecimal():
            found = await reading.explain_known(client, int(statement))
        else:
            found = await reading.explain(client, statement, analyze=analyze)
        if as_json:
            output.document(found)
        else:
            for row in outline(found):
                output.data(row.text)
        return Exit.OK

    invocation.run(work)
