"""Composition root: the one place that knows the shell, the screens, the providers and the sandbox."""

from __future__ import annotations

import os
import resource
import sys
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import click

from tui import __version__
from tui.commands.invocation import Invocation, Overrides, guarded, leave
from tui.commands.lazy import LazyGroup

COMMANDS = {
    "get": ("tui.commands.get:get", "List pods, deployments, events, services, nodes … as they are now."),
    "describe": ("tui.commands.describe:describe", "Explain one object for a person."),
    "logs": ("tui.commands.logs:logs", "Read or follow logs of a pod, a deployment or a label, merged by time."),
    "rollouts": ("tui.commands.rollouts:rollouts", "Revisions of a deployment and what differs between them."),
    "env": ("tui.commands.env:env", "Environment of a running container, secrets masked."),
    "reveal": ("tui.commands.reveal:reveal", "One value of one secret, recorded before it is read."),
    "explain": ("tui.commands.explain:explain", "How the database would run a statement."),
    "check": ("tui.commands.check:check", "Ask the read-only questions of the guide."),
    "act": ("tui.commands.act:act", "Plan a change; run it when its target's name is confirmed."),
    "doctor": ("tui.commands.doctor:doctor", "Reach, identity and rights per system, in one table."),
    "audit": ("tui.commands.audit:audit", "Show, follow and verify what was done."),
    "config": ("tui.commands.config:config", "Show, validate or write the configuration."),
    "sandbox": ("sandbox.cli:sandbox", "A whole bridge estate on loopback, to learn on and to break."),
    "completion": ("tui.commands.completion:completion", "Print the completion script of a shell."),
}


@click.group(
    cls=LazyGroup,
    lazy=COMMANDS,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option("--config", type=click.Path(path_type=Path), metavar="FILE", help="Configuration file.")
@click.option("-e", "--env", "environment", default="", help="Environment of the configuration.")
@click.option("--kubeconfig", default="", metavar="FILE", help="Beats the configuration and KUBECONFIG.")
@click.option("--context", default="", help="Kubernetes context.")
@click.option("-n", "--namespace", default="", help="Kubernetes namespace.")
@click.option("--theme", default="", help="Colours of the console.")
@click.option("--sandbox", "in_sandbox", is_flag=True, help="Work on a loopback estate; starts one when none runs.")
@click.version_option(__version__, prog_name="fusion-console")
@click.pass_context
def cli(
    ctx: click.Context,
    config: Path | None,
    environment: str,
    kubeconfig: str,
    context: str,
    namespace: str,
    theme: str,
    in_sandbox: bool,
) -> None:
    """The on-call console of the Fusion Bitcoin bridge.

    Without a command it opens the console. Exit codes: 0 ok, 1 findings, 2 usage or configuration, 3 unreachable or
    denied, 4 refused, 5 outcome unknown, 130 interrupted.
    """
    if in_sandbox:
        config = _into(ctx.with_resource(_sandbox()))
    ctx.obj = Invocation(Overrides(config, environment, kubeconfig, context, namespace))
    if ctx.invoked_subcommand is None:
        leave(guarded(lambda: open_console(ctx.obj, theme)))


def open_console(invocation: Invocation, theme: str) -> int:
    """Run the console until it is left; returns the exit code."""
    _prepare_terminal()
    from tui.later import put_off_collecting

    put_off_collecting()
    from providers.core.runtime import Core
    from screens import MODES
    from tui.app import FusionApp

    site = invocation.build(invocation.environment)
    core = Core()
    core.start()
    try:
        app = FusionApp(core, invocation.build, site, MODES, theme_name=theme)
        app.run(mouse=site.config.mouse)
        return app.return_code or 0
    finally:
        core.stop()


def _sandbox() -> AbstractContextManager[dict[str, Any]]:
    """Where everything of the running sandbox is, or of one that lives as long as this process."""
    from sandbox.control import running
    from sandbox.embedded import started

    found = running()
    return nullcontext(found) if found else started()


def _into(where: dict[str, Any]) -> Path:
    """The configuration file of that sandbox, with this process led to its account."""
    from sandbox.embedded import lead_to_the_account

    lead_to_the_account(where)
    return Path(where["config"])


def _prepare_terminal() -> None:
    # no-color.org counts NO_COLOR only when it is not empty; Textual counts its presence.
    if os.environ.get("NO_COLOR") == "":
        del os.environ["NO_COLOR"]
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise click.UsageError("the console needs a terminal; see --help for the commands that do not")


def _harden() -> None:
    """Files are private whatever the umask was, and a crash leaves no core file with secrets in it."""
    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))


def main() -> None:
    """Entry point of `fusion-console` and `fc-console`."""
    _harden()
    cli.main(prog_name="fusion-console")


if __name__ == "__main__":
    main()
