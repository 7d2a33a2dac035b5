"""`fusion-console env`: the environment of a running container, secrets masked (K11)."""

from __future__ import annotations

import re

import click

from providers.core.errors import NotFound, UsageError
from providers.core.site import Site
from tui.commands import output
from tui.commands.exits import Exit
from tui.commands.invocation import Invocation
from tui.commands.target import parse_target
from tui.compose import kube_of


@click.command("env")
@click.argument("target", metavar="pod/NAME")
@click.option("-c", "--container", default="", help="One container; without it, all.")
@click.option("--grep", default="", help="Only names or values that match this regular expression.")
@click.pass_obj
def env(invocation: Invocation, target: str, container: str, grep: str) -> None:
    """Print NAME=value as the container has them; what looks secret is masked."""

    async def work(site: Site) -> int:
        from providers.kube.environment import read_environment

        kind, name = parse_target(target)
        if kind != "pod":
            raise UsageError(f"a {kind} has no environment", fix="give pod/NAME")
        kube = kube_of(site)
        pod = next((p for p in await kube.pods.first() if p.name == name), None)
        if pod is None:
            raise NotFound(f"there is no pod {name}", source=kube.source)
        chosen = [c.name for c in pod.containers if not c.init and container in ("", c.name)]
        for each in chosen:
            output.narrate(f"environment of {each}")
            found = await read_environment(kube.client, pod.namespace, pod.name, each)
            if found.instead:
                output.narrate(f"  from its spec, not from the container: {found.instead}")
            for variable in found.variables:
                if re.search(grep, str(variable), re.IGNORECASE):
                    output.data(str(variable))
        return Exit.OK

    invocation.run(work)
