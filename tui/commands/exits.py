"""Exit codes, and which error gives which. They are an interface: scripts on bastions depend on them."""

from __future__ import annotations

from enum import IntEnum

from providers.core.action import Outcome, Stage
from providers.core.action import Verdict as Ended
from providers.core.check import Finding, Verdict
from providers.core.errors import AuditError, BackendError, ConfigError, FusionError, NotFound, Refused, UsageError


class Exit(IntEnum):
    """What the process says when it is done."""

    OK = 0
    FINDINGS = 1
    USAGE = 2
    UNREACHABLE = 3
    REFUSED = 4
    UNKNOWN = 5
    INTERRUPTED = 130


def exit_of_error(error: FusionError) -> Exit:
    """The code of an error that ended a command."""
    match error:
        case ConfigError() | UsageError() | NotFound():
            return Exit.USAGE
        case Refused() | AuditError():
            return Exit.REFUSED
        case BackendError():
            return Exit.UNREACHABLE
        case _:
            return Exit.FINDINGS


def exit_of_findings(findings: tuple[Finding, ...]) -> Exit:
    """Something is wrong: 1. Nothing is wrong but something could not be asked: 3. Unknown is never 0."""
    verdicts = {finding.verdict for finding in findings}
    if verdicts & {Verdict.FAIL, Verdict.WARN}:
        return Exit.FINDINGS
    return Exit.UNREACHABLE if Verdict.UNKNOWN in verdicts or not verdicts else Exit.OK


def exit_of_outcome(outcome: Outcome) -> Exit:
    """Done and healthy: 0. Stuck, unwell or failed: 1. Done but health not known: 3. Refused: 4. Unknown: 5."""
    match outcome.verdict:
        case Ended.REFUSED:
            return Exit.REFUSED
        case Ended.UNKNOWN:
            return Exit.UNKNOWN
        case Ended.FAILED:
            return Exit.FINDINGS
    if outcome.progress is not None and outcome.progress.stage is not Stage.DONE:
        return Exit.FINDINGS
    return exit_of_findings(outcome.findings) if outcome.findings else Exit.OK
