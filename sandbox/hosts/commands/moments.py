"""Moments as systemd.time(7) writes them, as far as an operator types them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

_UNITS = {
    "us": 1e-6, "ms": 1e-3, "s": 1, "sec": 1, "second": 1, "m": 60, "min": 60, "minute": 60, "h": 3600, "hr": 3600,
    "hour": 3600, "d": 86_400, "day": 86_400, "w": 604_800, "week": 604_800, "M": 2_629_800, "month": 2_629_800,
    "y": 31_557_600, "year": 31_557_600,
}  # fmt: skip
_SPAN = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z]+)")
_DAY = re.compile(r"^(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]* )?(\d{4}-\d{2}-\d{2})(?: (.*))?$")
_TIME = re.compile(r"^(\d{1,2}):(\d{2})(?::(\d{2}(?:\.\d+)?))?$")


def moment(text: str, now: float) -> float | None:
    """Epoch seconds, None when it cannot be read. All times are UTC, as the machines are set."""
    text = text.strip()
    if text.startswith("@"):
        return _number(text[1:])
    if text in ("now", "today", "yesterday", "tomorrow"):
        days = {"today": 0, "yesterday": -1, "tomorrow": 1}
        return now if text == "now" else _midnight(now) + days[text] * 86_400
    if text[:1] in ("-", "+"):
        span = _span(text[1:])
        return None if span is None else now + (-span if text[0] == "-" else span)
    if text.endswith(" ago"):
        span = _span(text.removesuffix(" ago"))
        return None if span is None else now - span
    return _absolute(text.removesuffix(" UTC"), now)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _midnight(at: float) -> float:
    return at // 86_400 * 86_400


def _span(text: str) -> float | None:
    total, at = 0.0, 0
    while match := _SPAN.match(text, at):
        scale = _UNITS.get(match[2]) or _UNITS.get(match[2].removesuffix("s"))
        if scale is None:
            return None
        total, at = total + float(match[1]) * scale, match.end()
    return total if at and at == len(text.rstrip()) else None


def _absolute(text: str, now: float) -> float | None:
    # No "T" between day and time: systemd 252 does not take it.
    day = _DAY.match(text)
    base = _midnight(now)
    if day:
        try:
            base = datetime.fromisoformat(day[1]).replace(tzinfo=UTC).timestamp()
        except ValueError:
            return None
        text = day[2] or "00:00"
    time = _TIME.match(text)
    if time is None:
        return None
    return base + timedelta(hours=int(time[1]), minutes=int(time[2]), seconds=float(time[3] or 0)).total_seconds()
