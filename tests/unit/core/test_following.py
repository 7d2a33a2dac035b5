"""Following a change: only what is new is said, cuts are waited out, and there is an end."""

from __future__ import annotations

from collections.abc import Iterator

from providers.core.action import Progress, Stage
from providers.core.errors import Unreachable
from providers.core.following import followed

HALF, DONE = Progress(Stage.RUNNING, "half", 0.5), Progress(Stage.DONE, "all", 1.0)


async def _said(*answers: Progress | Exception, longest: float = 60.0, late: str = "") -> list[Progress]:
    left: Iterator[Progress | Exception] = iter(answers)

    async def look() -> Progress:
        answer = next(left, answers[-1])
        if isinstance(answer, Exception):
            raise answer
        return answer

    return [progress async for progress in followed(look, every=0.0, longest=longest, late=late)]


async def test_only_what_differs_is_said_and_the_end_ends_it() -> None:
    assert await _said(HALF, HALF, DONE, HALF) == [HALF, DONE]


async def test_a_cut_is_said_once_and_waited_out() -> None:
    cut = Unreachable("connection refused")
    said = await _said(HALF, cut, cut, DONE)
    assert [p.message for p in said] == ["half", "cannot see it just now: connection refused", "all"]


async def test_a_server_that_never_comes_back_does_not_keep_it_for_ever() -> None:
    said = await _said(Unreachable("connection refused"), longest=0.05)
    assert said[-1].stage is Stage.STUCK
    assert "last seen: cannot see it just now: connection refused" in said[-1].message
    assert (await _said(HALF, longest=0.05, late="no effect"))[-1].message == "no effect"
