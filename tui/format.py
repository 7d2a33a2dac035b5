"""Numbers and ages as short text, the same on every screen and on the command line."""

from __future__ import annotations


def cores(amount: float | None) -> str:
    """CPU: 250m, 1.5; a dash when not known."""
    if amount is None:
        return "-"
    return f"{amount * 1000:.0f}m" if amount < 1 else f"{amount:.3g}"


def bytes_text(amount: float | None) -> str:
    """Memory: 512Mi, 1.5Gi; a dash when not known."""
    if amount is None:
        return "-"
    for unit in ("B", "Ki", "Mi", "Gi", "Ti"):
        if amount < 1024 or unit == "Ti":
            return f"{amount:.0f}{unit}" if amount >= 10 or unit == "B" else f"{amount:.1f}{unit}"
        amount /= 1024
    raise AssertionError("unreachable: the last unit returns")


def span(seconds: float | None) -> str:
    """A duration or age: 45s, 3m, 5h, 12d, as kubectl prints it; a dash when not known."""
    if seconds is None:
        return "-"
    whole = max(0, int(seconds))
    for limit, unit, size in ((120, "s", 1), (7200, "m", 60), (172_800, "h", 3600)):
        if whole < limit:
            return f"{whole // size}{unit}"
    return f"{whole // 86_400}d"


def counted(number: int, what: str) -> str:
    """ "1 reader", "2 readers"."""
    return f"{number} {what}{'s' * (number != 1)}"


def percent(part: float | None, whole: float | None) -> str:
    """Part of whole, "82%"; a dash when either is not known."""
    return "-" if part is None or not whole else f"{part / whole:.0%}"
