"""Lines that are made when they are looked at are those that would have been made at once, and none is lost before."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from providers.kube.logwire import Unread, parsed
from providers.logs.line import Origin
from providers.logs.screening import Screening

ORIGIN = Origin("relayer-0", "relayer")
BEFORE = b"2026-01-31T09:30:00Z"
STAMPS = st.sampled_from([b"", b"2026-01-31T09:30:01Z ", b"2026-01-31T09:30:02.123456789Z ", b"2026-01-31T09:30:02Z"])
TEXTS = st.sampled_from([b"", b"error", b"an error 09", b"Z error", b"warn", b"info 2026"])
RAWS = st.lists(st.tuples(STAMPS, TEXTS).map(b"".join), min_size=1, max_size=80)
EXPRESSIONS = st.sampled_from(
    ["", "error", "error|warn", "^error", "error$", r"\berror", "09", "Z error", "2026", "^$"]
)


@given(RAWS)
def test_a_line_made_late_is_the_same(raws: list[bytes]) -> None:
    made, late = parsed(ORIGIN, raws, BEFORE), Unread(ORIGIN, raws, BEFORE)
    assert (len(late), late[0], late[-1]) == (len(made), made[0], made[-1])
    assert [late[at] for at in range(len(late))] == list(late) == late[:] == made


@given(RAWS, st.lists(EXPRESSIONS, max_size=2), EXPRESSIONS)
def test_no_line_that_would_stay_is_left_out_before_it_is_made(
    raws: list[bytes], include: list[str], exclude: str
) -> None:
    screening, late = Screening.parse(include, [exclude]), Unread(ORIGIN, raws, BEFORE)
    chosen = [late[place] for place in screening.candidates(raws)]
    assert screening.kept(chosen) == screening.kept(parsed(ORIGIN, raws, BEFORE))
