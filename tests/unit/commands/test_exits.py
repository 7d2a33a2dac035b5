"""Exit codes are an interface."""

from __future__ import annotations

import pytest

from providers.core.action import Outcome, Progress, Stage
from providers.core.action import Verdict as Ended
from providers.core.check import Finding, Verdict
from providers.core.errors import (
    AuditError,
    BackendError,
    ConfigError,
    Denied,
    FusionError,
    NotFound,
    Refused,
    TimedOut,
    UsageError,
)
from tui.commands.exits import exit_of_error, exit_of_findings, exit_of_outcome


def _finding(verdict: Verdict) -> Finding:
    return Finding("K01", "pod/x", verdict, "")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConfigError("x"), 2),
        (UsageError("x"), 2),
        (NotFound("x"), 2),
        (Refused("x"), 4),
        (AuditError("x"), 4),
        (Denied("x"), 3),
        (TimedOut("x"), 3),
        (BackendError("x"), 3),
        (FusionError("x"), 1),
    ],
)
def test_error_codes(error: FusionError, code: int) -> None:
    assert exit_of_error(error) == code


@pytest.mark.parametrize(
    ("verdicts", "code"),
    [
        ((), 3),
        ((Verdict.PASS,), 0),
        ((Verdict.PASS, Verdict.UNKNOWN), 3),
        ((Verdict.UNKNOWN, Verdict.WARN), 1),
        ((Verdict.FAIL, Verdict.PASS), 1),
    ],
)
def test_unknown_is_never_ok(verdicts: tuple[Verdict, ...], code: int) -> None:
    assert exit_of_findings(tuple(_finding(v) for v in verdicts)) == code


@pytest.mark.parametrize(
    ("outcome", "code"),
    [
        (Outcome("1", Ended.DONE, ""), 0),
        (Outcome("1", Ended.DONE, "", Progress(Stage.DONE, "")), 0),
        (Outcome("1", Ended.DONE, "", Progress(Stage.STUCK, "deadline")), 1),
        (Outcome("1", Ended.DONE, "", Progress(Stage.DONE, ""), (_finding(Verdict.FAIL),)), 1),
        (Outcome("1", Ended.DONE, "", Progress(Stage.DONE, ""), (_finding(Verdict.UNKNOWN),)), 3),
        (Outcome("1", Ended.DONE, "", Progress(Stage.DONE, ""), (_finding(Verdict.PASS),)), 0),
        (Outcome("1", Ended.FAILED, ""), 1),
        (Outcome("", Ended.REFUSED, ""), 4),
        (Outcome("1", Ended.UNKNOWN, ""), 5),
    ],
)
def test_outcome_codes(outcome: Outcome, code: int) -> None:
    assert exit_of_outcome(outcome) == code
