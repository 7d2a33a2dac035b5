"""A plan as styled lines, in the order in which a person decides."""

from __future__ import annotations

from providers.core.action import Change, Plan


def plan_lines(plan: Plan) -> list[tuple[str, str]]:
    """(text, style) lines: where, what changes, what it disturbs, what guards it, the request, the way back."""
    ok = plan.dry_run.state == "passed"
    return [
        (f"target      {plan.target.namespace}/{plan.target.label}   {plan.target.identity}", ""),
        (f"through     {plan.source}", ""),
        ("", ""),
        *((_change(change), "") for change in plan.diff),
        ("", ""),
        *((f"interrupts  {line}", "$text-warning") for line in plan.interrupts),
        (f"dry run     {plan.dry_run.state}: {plan.dry_run.message}", "$text-success" if ok else "bold $text-error"),
        *((f"only if     {p.name} is still {p.value} ({p.enforced} checks)", "") for p in plan.preconditions),
        *((f"needs       {permission}", "") for permission in plan.permissions),
        ("", ""),
        (f"by hand     {plan.equivalent}", "$text-muted"),
        (f"way back    {plan.inverse or 'none'}", "" if plan.inverse else "bold $text-warning"),
        *((f"request     {call.method} {call.address}", "$text-muted") for call in plan.calls),
        *((f"            {call.body}", "$text-muted") for call in plan.calls if call.body),
    ]


def _change(change: Change) -> str:
    before, after = (value if value is not None else "(none)" for value in (change.before, change.after))
    return f"change      {change.field}: {before} → {after}"
