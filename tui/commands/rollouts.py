"""`fusion-console rollouts`: the revisions of a deployment and what going back to each would change."""

from __future__ import annotations

import click
import msgspec

from providers.core.site import Site
from tui.commands import output
from tui.commands.exits import Exit
from tui.commands.invocation import Invocation
from tui.commands.target import parse_target
from tui.compose import kube_of
from tui.moment import age


@click.command("rollouts")
@click.argument("target", metavar="deployment/NAME")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
@click.pass_obj
def rollouts(invocation: Invocation, target: str, as_json: bool) -> None:
    """List revisions, newest first, each with its difference to what runs now."""

    async def work(site: Site) -> int:
        from providers.kube.rollouts import history

        client = kube_of(site).client
        past = await history(client, client.namespace, parse_target(target)[1])
        if as_json:
            output.document(
                [{k: v for k, v in msgspec.structs.asdict(r).items() if k != "template"} for r in past.revisions]
            )
            return Exit.OK
        for revision in past.revisions:
            mark = "  ← runs now" if revision.current else ""
            old, images = age(revision.since), ", ".join(revision.images)
            said = "  ".join(filter(None, (revision.by and f"by {revision.by}", revision.cause)))
            output.data(f"revision {revision.number}  {old} old  {revision.ready} ready  {images}  {said}{mark}")
            for change in revision.changes:
                output.data(f"    {change.field}: {change.before or '(none)'} → {change.after or '(none)'}")
        return Exit.OK

    invocation.run(work)
