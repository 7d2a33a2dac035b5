"""`fusion-console check`: ask the read-only questions of the guide."""

from __future__ import annotations

import asyncio
import difflib

import click

from providers.core.check import Check, Finding, Verdict, run_check
from providers.core.errors import UsageError
from providers.core.site import Site
from tui.commands import output
from tui.commands.exits import exit_of_findings
from tui.commands.invocation import Invocation

_MARKS = {Verdict.PASS: "ok", Verdict.WARN: "WARN", Verdict.FAIL: "FAIL", Verdict.UNKNOWN: "?"}


@click.command("check")
@click.argument("ids", nargs=-1, metavar="[ID]...")
@click.option("--all", "every", is_flag=True, help="Also print what passed.")
@click.option("--json", "as_json", is_flag=True, help="Findings as one JSON document.")
@click.option("--list", "listing", is_flag=True, help="Only list the checks there are.")
@click.pass_obj
def check(invocation: Invocation, ids: tuple[str, ...], every: bool, as_json: bool, listing: bool) -> None:
    """Ask checks by the guide's row id (K05, L03 …); without an id, all of them.

    Exit 0: all passed. 1: something warns or fails. 3: something could not be asked.
    """

    async def work(site: Site) -> int:
        chosen = choose(site.checks(), ids)
        if listing:
            output.table(("ID", "SOURCE", "QUESTION"), [(c.id, c.source, c.title) for c in chosen])
            return 0
        answers = await asyncio.gather(*(run_check(c) for c in chosen))
        findings = tuple(finding for answer in answers for finding in answer)
        if as_json:
            output.document({"environment": site.name, "findings": findings})
        else:
            _show(findings, every or bool(ids))
        return exit_of_findings(findings)

    invocation.run(work)


def choose(checks: list[Check], ids: tuple[str, ...]) -> list[Check]:
    """The checks with these ids, all without any. Raises UsageError with a suggestion for an unknown id."""
    known = sorted({c.id for c in checks})
    for wanted in ids:
        if wanted.upper() not in known:
            near = difflib.get_close_matches(wanted.upper(), known, n=1, cutoff=0.5)
            hint = f"did you mean {near[0]}? " if near else ""
            raise UsageError(f"no check {wanted!r} here", fix=f"{hint}there are: {', '.join(known)}")
    upper = {wanted.upper() for wanted in ids}
    return [c for c in checks if not upper or c.id in upper]


def _show(findings: tuple[Finding, ...], passed_too: bool) -> None:
    shown = [f for f in findings if passed_too or f.verdict is not Verdict.PASS]
    for finding in sorted(shown, key=lambda f: (-f.verdict.rank, f.check, f.subject)):
        output.data(f"{_MARKS[finding.verdict]:<4}  {finding.check}  {finding.subject}: {finding.summary}")
        for evidence in finding.evidence:
            output.data(f"           {evidence.source}, {evidence.at:%H:%M:%SZ}: {evidence.quote}")
        if finding.fix:
            output.data(f"           fix: {finding.fix}")
    passed = sum(f.verdict is Verdict.PASS for f in findings)
    output.narrate(f"{len(findings)} findings, {passed} passed")
