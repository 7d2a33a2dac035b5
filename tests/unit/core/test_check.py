"""Unknown is never green, and a check never raises."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from providers.core.check import Check, Finding, Verdict, run_check, worst
from providers.core.errors import Denied, Unreachable
from providers.core.feed import Fault, FeedFailed
from tests.unit.core.build import FakeClock


def _check(answer: Sequence[Finding] | BaseException | None, timeout: float = 5.0) -> Check:
    async def ask() -> Sequence[Finding]:
        if isinstance(answer, BaseException):
            raise answer
        return answer if answer is not None else await asyncio.Event().wait()  # type: ignore[return-value]

    return Check("K05", "Pods run", "kube staging", ask, timeout)


async def test_answers_come_through() -> None:
    findings = (Finding("K05", "pod/a", Verdict.PASS, "ok"), Finding("K05", "pod/b", Verdict.FAIL, "crash loop"))
    assert await run_check(_check(findings)) == findings


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ((), "nothing to judge"),
        (Unreachable("connection refused"), "connection refused"),
        (TimeoutError("a read of its own"), "a read of its own"),
        (KeyError("containers"), "KeyError: 'containers'"),
        (OSError("disk"), "disk"),
    ],
)
async def test_no_answer_is_unknown_with_its_cause(answer: Sequence[Finding] | BaseException, words: str) -> None:
    clock = FakeClock()
    (finding,) = await run_check(_check(answer), clock)
    assert (finding.verdict, finding.check, finding.subject) == (Verdict.UNKNOWN, "K05", "kube staging")
    assert words in finding.summary
    assert finding.evidence[0].at == clock.now()


async def test_the_deadline_is_kept() -> None:
    (finding,) = await run_check(_check(None, timeout=0.01))
    assert finding.summary == "no answer within 0.01 s"


@pytest.mark.parametrize("wrapped", [False, True])
async def test_a_missing_right_is_named(wrapped: bool) -> None:
    denied = Denied("forbidden", permission="list pods in fusion-bitcoin", source="kube staging api", fix="ask Ann")
    error = FeedFailed(Fault.of(denied), denied.source) if wrapped else denied
    (finding,) = await run_check(_check(error))
    assert (finding.permission, finding.fix) == ("list pods in fusion-bitcoin", "ask Ann")
    assert finding.evidence[0].source == "kube staging api"


def test_the_worst_stands_for_all() -> None:
    def found(*verdicts: Verdict) -> list[Finding]:
        return [Finding("K05", "x", verdict, "") for verdict in verdicts]

    assert worst(found(Verdict.PASS, Verdict.UNKNOWN)) is Verdict.UNKNOWN
    assert worst(found(Verdict.UNKNOWN, Verdict.WARN, Verdict.PASS)) is Verdict.WARN
    assert worst(found(Verdict.FAIL, Verdict.WARN)) is Verdict.FAIL
    assert worst([]) is Verdict.UNKNOWN
