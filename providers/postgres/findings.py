"""How the checks of the database say what they found."""

from __future__ import annotations

from datetime import UTC, datetime

from providers.core.check import Evidence, Finding, Verdict
from providers.core.text import clean


def finding(
    row: str, subject: str, verdict: Verdict, summary: str, quote: str, source: str, fix: str = "", permission: str = ""
) -> Finding:
    """One finding with the server's words as its evidence."""
    evidence = Evidence(source, clean(quote, 300), datetime.now(UTC))
    return Finding(row, subject, verdict, clean(summary, 300), (evidence,), fix, permission)


def age(seconds: float | None) -> str:
    """ "40 s", "12 min", "3.5 h"."""
    if seconds is None:
        return "an unknown time"
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
