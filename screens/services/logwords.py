"""The words of the log view: what is read, how true it is, what was left out. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from providers.core.secret import redact
from providers.core.text import clean
from providers.kube.logs import LogState, StreamState
from providers.logs.gap import Gap
from providers.logs.line import Line
from tui.format import span

WIDE: Final = 110
"""Cells from which counts have their whole names."""
SAVED: Final = 4
"""Saved filters that have a key."""
_ORDER: Final = ("live", "reconnecting", "waiting", "denied", "ended")
Head = tuple[str, str]


class Standing(NamedTuple):
    """Where the reader is."""

    title: str
    following: bool
    missed: int
    shown: int
    kept: int
    fell: int
    behind: int
    filter: str
    screening: str
    since: str


def heads(standing: Standing, state: LogState, saved: Sequence[tuple[str, bool]], width: int) -> list[Head]:
    """The rows above the lines: what one sees, the truth about the streams, and what is not well by name."""
    keys = "  ".join(f"F{at + 2} {name}{'*' if on else ''}" for at, (name, on) in enumerate(saved))
    truth = _truth(state, standing, short=width < WIDE)
    if len(truth) + len(keys) + 3 <= width:
        rows = [(_title(standing), "title"), (f"{truth} · {keys}" if keys else truth, "note")]
    else:
        rows = [(_title(standing), "title"), (truth, "note"), *([(f" {keys}", "muted")] if keys else [])]
    trouble = [stream for stream in state.streams if stream.state in {"reconnecting", "denied"}]
    # What keeps the streams away mostly keeps the pods from being seen as well: that is said once.
    if state.pods and state.pods not in {stream.detail for stream in trouble}:
        rows.append((f" {state.pods}", "error"))
    if trouble:
        rows.append((" " + " · ".join(_troubles(trouble)), "error"))
    return rows


def _troubles(trouble: Sequence[StreamState]) -> list[str]:
    """One by name, several with the same reason by their number."""
    alike = Counter((stream.state, stream.detail) for stream in trouble)
    alone = [_named(stream) for stream in trouble if alike[stream.state, stream.detail] == 1]
    many = [f"{count} streams {state.upper()}: {why}" for (state, why), count in alike.items() if count > 1]
    return [*many, *alone]


def _title(standing: Standing) -> str:
    parts = [standing.title, "following" if standing.following else f"PAUSED, {standing.missed} newer"]
    parts.append(f"{standing.shown} of {standing.kept} lines" if standing.filter else f"{standing.kept} lines")
    if standing.since:
        parts.append(f"since {standing.since}" if standing.since != "all" else "from the oldest")
    if standing.screening:
        parts.append(f"only {standing.screening}")
    if standing.filter:
        parts.append(f"filter {standing.filter}")
    if standing.behind:
        parts.append(f"looking at {standing.behind} more")
    return " " + " · ".join(parts)


def _truth(state: LogState, standing: Standing, *, short: bool) -> str:
    counted = Counter(stream.state for stream in state.streams)
    streams = ", ".join(f"{counted[name]} {name}" for name in _ORDER if counted[name]) or "no streams yet"
    lags = [stream.lag for stream in state.streams if stream.lag is not None and stream.state == "live"]
    lag = f"lag {_lag(max(lags, default=None))}"
    numbers = (
        (state.gaps, "GAPS", "GAPS"), (state.unsure, "unsure", "uns"),
        (state.dropped, "dropped", "drop"), (state.late, "late", "late"),
        (state.shortened, "cut", "cut"), (state.repeats, "repeats", "rep"), (state.screened, "screened", "scr"),
        (standing.fell, "fell out", "out"),
    )  # fmt: skip
    # What is always to be seen; on narrow screens the rest only when there is any.
    always = {"GAPS", "dropped"} if short else {word for _, word, _ in numbers} - {"unsure"}
    counts = " ".join(
        f"{count} {brief if short else word}" for count, word, brief in numbers if count or word in always
    )
    return f" {streams} · {lag} · {counts}"


def _named(stream: StreamState) -> str:
    return f"{stream.origin.label} {stream.state.upper()}{': ' + stream.detail if stream.detail else ''}"


def streams(state: LogState) -> list[str]:
    """Every stream on a line of its own, then what was lost or left out."""
    width = max((len(stream.origin.label) for stream in state.streams), default=0)
    lines = [
        f"{stream.origin.label:<{width}}  {_standing(stream)}  {stream.detail}".rstrip()
        for stream in sorted(state.streams, key=lambda stream: stream.origin.label)
    ]
    return [
        *lines, "",
        f"{state.received} lines received",
        f"{state.screened} left out by include and exclude",
        f"{state.dropped} dropped, because they came faster than they could be taken",
        f"{state.repeats} sent again by the cluster after a cut, and left out",
        f"{state.late} came after younger lines",
        f"{state.shortened} were too long and are shown cut",
        f"{state.gaps} places where lines are missing or may be",
        f"{state.unsure} rotations that hide whether lines are missing",
        *(_place(gap) for gap in state.places),
    ]  # fmt: skip


def _standing(stream: StreamState) -> str:
    """Only what is live can lag behind."""
    return f"live  lag {_lag(stream.lag)}" if stream.state == "live" else stream.state


def _place(gap: Gap) -> str:
    where = f"before {gap.before[11:23].decode()}" if gap.before else "at its end"
    return f"  {gap.origin.label} {where}: {gap.why}"


def _lag(lag: float | None) -> str:
    return "-" if lag is None else f"{lag:.1f} s" if lag < 60 else span(lag)


def text_of(lines: Iterable[Line]) -> str:
    """Lines as they are copied: clean, and without secrets."""
    return "\n".join(redact(clean(line.text.decode("utf-8", "replace"), 1 << 20)) for line in lines)
