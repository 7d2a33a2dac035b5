"""Names, times and tags an operator gives, checked by AWS's own rules before they are sent."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

from providers.core.errors import UsageError

DATABASE_LENGTH: Final = 63
SNAPSHOT_LENGTH: Final = 255
_NAME: Final = re.compile(r"[A-Za-z](-?[A-Za-z0-9])*")
_TAG: Final = re.compile(r"[\w .:/=+@-]{1,256}")


def database_name(text: str) -> str:
    """An identifier of an instance or cluster, in lower case as RDS keeps it. Raises UsageError."""
    return _named(text, DATABASE_LENGTH).lower()


def snapshot_name(text: str, *, of_cluster: bool) -> str:
    """An identifier of a snapshot, in lower case as RDS keeps it. Raises UsageError."""
    return _named(text, DATABASE_LENGTH if of_cluster else SNAPSHOT_LENGTH).lower()


def _named(text: str, most: int) -> str:
    if _NAME.fullmatch(text) and text.isascii() and len(text) <= most:
        return text
    fix = f"1 to {most} letters, digits and hyphens; a letter first, no hyphen last, no two in a row"
    raise UsageError(f"{text!r} is no identifier of RDS", fix=fix)


def moment(text: str) -> datetime:
    """An ISO 8601 time with its zone. Raises UsageError: a time without one could be meant either way."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{text!r} is no time", fix="say it like 2026-05-04T11:40:00Z, or latest") from None
    if found.tzinfo is None:
        raise UsageError(f"{text!r} has no time zone", fix=f"say {text}Z for UTC")
    return found


def tags(text: str) -> list[dict[str, str]]:
    """ "incident=INC-42, by=ann" as tags. Raises UsageError."""
    pairs = [one.partition("=") for one in text.split(",") if one.strip()]
    found = [{"Key": key.strip(), "Value": value.strip()} for key, _, value in pairs]
    for tag in found:
        key, value = tag["Key"], tag["Value"]
        if not _TAG.fullmatch(key) or len(key) > 128 or key.lower().startswith("aws:") or not _fits(value):
            raise UsageError(
                f"{key}={value} is no tag", fix="say it like incident=INC-42, by=ann; keys must not begin with aws:"
            )
    return found


def _fits(value: str) -> bool:
    return not value or _TAG.fullmatch(value) is not None
