"""Kubernetes quantities ("250m", "1Gi", "2e3") as plain numbers."""

from __future__ import annotations

_SUFFIXES = {
    "n": 1e-9, "u": 1e-6, "m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18,
    "Ki": 2.0**10, "Mi": 2.0**20, "Gi": 2.0**30, "Ti": 2.0**40, "Pi": 2.0**50, "Ei": 2.0**60,
}  # fmt: skip


def quantity(text: str | float | None) -> float | None:
    """Cores for cpu, bytes for memory; None for nothing or nonsense (apimachinery/pkg/api/resource)."""
    if text is None or isinstance(text, int | float):
        return text
    for length in (2, 1):
        factor = _SUFFIXES.get(text[-length:])
        if factor is not None and len(text) > length:
            return _number(text[:-length], factor)
    return _number(text, 1.0)


def _number(text: str, factor: float) -> float | None:
    try:
        return float(text) * factor
    except ValueError:
        return None
