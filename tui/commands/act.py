"""`fusion-console act`: plan a change, show it, and run it only when its target's name was given with --confirm."""

from __future__ import annotations

from collections.abc import Callable

import click

from providers.core.action import Action, Outcome, Plan, Progress, Target
from providers.core.errors import UsageError
from providers.core.gate import Confirmation, required
from providers.core.site import Site
from tui.commands import output
from tui.commands.exits import Exit, exit_of_outcome
from tui.commands.invocation import Invocation
from tui.compose import action_catalog


class ActGroup(click.Group):
    """One subcommand an action; they come from the catalog, so an action needs no edit here."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(action_catalog())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        action = action_catalog().get(cmd_name)
        return _command(action) if action is not None else None


@click.group("act", cls=ActGroup)
def act() -> None:
    """Plan, confirm and run a change.

    Without --confirm nothing is changed: the plan is printed and the answer is a refusal (exit 4).
    """


def _command(action: type[Action]) -> click.Command:
    options = [
        click.Option([f"--{o.name.replace('_', '-')}"], help=o.help, default=o.default, required=o.required)
        for o in action.options
    ]
    common = [
        click.Argument(["target"], metavar="KIND/NAME"),
        *options,
        click.Option(["--dry-run"], is_flag=True, help="Plan and ask the server, change nothing (exit 0)."),
        click.Option(["--confirm"], default="", metavar="NAME", help="The target's exact name: run the plan."),
        click.Option(["--reason"], default="", help="Why; written to the audit trail."),
        click.Option(["--json", "as_json"], is_flag=True, help="Plan and outcome as one JSON document."),
    ]
    rows = ", ".join(action.rows)
    return click.Command(
        action.id, params=list(common), callback=_callback(action.id), help=f"{action.title} ({rows})."
    )


def _callback(action_id: str) -> Callable[..., None]:
    @click.pass_obj
    def callback(
        invocation: Invocation, /, target: str, dry_run: bool, confirm: str, reason: str, as_json: bool, **options: str
    ) -> None:
        async def work(site: Site) -> int:
            plan = await plan_for(site, action_id, target, options)
            return await _run(site, plan, dry_run, Confirmation(confirm, reason), as_json)

        invocation.run(work)

    return callback


async def plan_for(site: Site, action_id: str, label: str, options: dict[str, str]) -> Plan:
    """Plan an action on "kind/name". Raises UsageError for a target it does not fit."""
    action = next((a for a in site.actions() if a.id == action_id), None)
    if action is None:
        raise UsageError(f"environment {site.name} offers no {action_id}")
    kind, _, name = label.partition("/")
    if not name or kind not in action.kinds:
        fits = ", ".join(f"{k}/NAME" for k in sorted(action.kinds))
        raise UsageError(f"{label!r} is not a target of {action_id}", fix=f"give {fits}")
    kubernetes = site.environment.kubernetes
    target = Target(kind, name, kubernetes.namespace if kubernetes else "")
    return await action.plan(target, {key: value for key, value in options.items() if value})


async def _run(site: Site, plan: Plan, dry_run: bool, confirmation: Confirmation, as_json: bool) -> int:
    if not as_json:
        for line in plan_lines(plan, site):
            output.data(line)
    if dry_run:
        return _end(plan, None, as_json, Exit.REFUSED if plan.blockers else Exit.OK)
    if not confirmation.typed:
        output.narrate(f"refused: nothing was changed. To run this plan: --confirm {plan.target.name}")
        return _end(plan, None, as_json, Exit.REFUSED)
    site.gate.arm("--confirm on the command line")
    outcome = await site.run(plan, confirmation, _report)
    return _end(plan, outcome, as_json, exit_of_outcome(outcome))


def _report(progress: Progress) -> None:
    output.narrate(f"{progress.stage}: {progress.message}")


def _end(plan: Plan, outcome: Outcome | None, as_json: bool, code: Exit) -> int:
    if as_json:
        shown = {name: getattr(plan, name) for name in plan.__struct_fields__ if name != "steps"}
        output.document({"plan": shown | {"digest": plan.digest}, "outcome": outcome, "exit": int(code)})
    elif outcome is not None:
        output.data(f"{outcome.verdict}: {outcome.message}")
        for finding in outcome.findings:
            output.data(f"  {finding.verdict:<7}  {finding.subject}: {finding.summary}")
    return code


def plan_lines(plan: Plan, site: Site) -> list[str]:
    """A plan as a person reads it, in the order of the confirm dialog."""
    level = required(plan.risk, site.production)
    return [
        f"{plan.title}  [{level} risk{', production' if site.production else ''}]",
        f"  target      {plan.target.namespace}/{plan.target.label}  {plan.target.identity}",
        f"  through     {plan.source}",
        *(f"  change      {c.field}: {c.before or '(none)'} → {c.after or '(none)'}" for c in plan.diff),
        *(f"  interrupts  {line}" for line in plan.interrupts),
        *(f"  if still    {p.name} = {p.value} ({p.enforced} checks)" for p in plan.preconditions),
        f"  dry run     {plan.dry_run.state}: {plan.dry_run.message}",
        *(f"  request     {call.method} {call.address} {call.body}" for call in plan.calls),
        f"  by hand     {plan.equivalent}",
        f"  undo        {plan.inverse or 'not possible'}",
        *(f"  BLOCKED     {line}" for line in plan.blockers),
    ]
