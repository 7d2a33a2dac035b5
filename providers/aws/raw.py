"""Reading boto3's answers: what is absent is empty, text is clean, times are UTC."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from providers.core.text import clean

Raw = Mapping[str, Any]
LONGEST: Final = 500


def text(raw: Raw, key: str, limit: int = LONGEST) -> str:
    """A field as clean text; "" when it is absent."""
    value = raw.get(key)
    return "" if value is None else clean(str(value), limit)


def number(raw: Raw, key: str) -> int | None:
    """A whole number; None when it is absent or is none."""
    value = raw.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def flag(raw: Raw, key: str) -> bool:
    """A yes or no; absent is no."""
    return raw.get(key) is True


def moment(raw: Raw, key: str) -> datetime | None:
    """A time in UTC."""
    value = raw.get(key)
    return value.astimezone(UTC) if isinstance(value, datetime) else None


def parts(raw: Raw, key: str) -> Iterable[Raw]:
    """The items of a list; none when it is absent."""
    return raw.get(key) or ()


def part(raw: Raw, key: str) -> Raw:
    """A structure within; empty when it is absent."""
    return raw.get(key) or {}


def texts(raw: Raw, key: str) -> tuple[str, ...]:
    """A list of clean texts."""
    return tuple(clean(str(value), LONGEST) for value in raw.get(key) or ())


def changes(raw: Raw, key: str) -> tuple[str, ...]:
    """Values that wait to be applied, "DBInstanceClass db.r6g.xlarge" each; a password is only named."""
    waiting = part(raw, key)
    return tuple(
        name if "Password" in name or isinstance(value, list | dict) else clean(f"{name} {value}", LONGEST)
        for name, value in sorted(waiting.items())
        if value not in (None, {}, [])
    )
