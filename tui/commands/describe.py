"""`fusion-console describe`: one object for a person, or as YAML."""

from __future__ import annotations

import click

from providers.core.site import Site
from tui.commands import output
from tui.commands.exits import Exit
from tui.commands.invocation import Invocation
from tui.commands.target import parse_target
from tui.compose import kube_of


@click.command("describe")
@click.argument("target", metavar="KIND/NAME")
@click.option("--yaml", "as_yaml", is_flag=True, help="The manifest: managedFields folded, secrets masked.")
@click.option("--json", "as_json", is_flag=True, help="The lines as one JSON document.")
@click.pass_obj
def describe(invocation: Invocation, target: str, as_yaml: bool, as_json: bool) -> None:
    """Explain a pod, deployment, replicaset, service, node, configmap or secret."""

    async def work(site: Site) -> int:
        from providers.kube.describe import describe as explain
        from providers.kube.describe import path_of
        from providers.kube.manifest import yaml_lines

        kind, name = parse_target(target)
        client = kube_of(site).client
        if as_yaml:
            lines = yaml_lines(await client.object(path_of(kind, client.namespace, name)))
        else:
            lines = await explain(client, kind, client.namespace, name)
        if as_json:
            output.document({"target": target, "lines": lines})
        else:
            for line in lines:
                output.data(line)
        return Exit.OK

    invocation.run(work)
