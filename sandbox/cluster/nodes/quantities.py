"""Resource quantities: "250m" of CPU, "512Mi" of memory."""

from __future__ import annotations

from typing import Any

_UNITS = {
    "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40,
    "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12,
}  # fmt: skip


def millicores(quantity: Any) -> int:
    """CPU in thousandths of a core; "0.5" is 500, "250m" is 250."""
    text = str(quantity)
    if text.endswith("m"):
        return int(text[:-1])
    if text.endswith("n"):
        return int(text[:-1]) // 1_000_000
    return int(float(text) * 1000)


def size(quantity: Any) -> int:
    """Memory or storage in bytes; also plain counts."""
    text = str(quantity)
    for unit, factor in _UNITS.items():
        if text.endswith(unit):
            return int(float(text[: -len(unit)]) * factor)
    return int(float(text))


def mebibytes(count: float) -> int:
    """`count` MiB in bytes."""
    return int(count * 2**20)
