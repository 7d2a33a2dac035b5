"""Values that must not be seen."""

from __future__ import annotations

import logging
from typing import Final

MASK: Final = "•••"

_REVEALED: set[str] = set()
_SHORTEST_MASKED: Final = 4  # masking "a" or "1" in every log line would hide the log, not the secret


class Secret:
    """A secret value whose `repr`, `str`, `format` and pickling never show it; only `reveal()` does, at the call.

    Every value is remembered so that `redact` and `RedactingFilter` mask it wherever it turns up in text.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value
        if len(value) >= _SHORTEST_MASKED:
            _REVEALED.add(value)

    def reveal(self) -> str:
        """Return the value itself."""
        return self._value

    def __repr__(self) -> str:
        return MASK

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return format(MASK, spec)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(("Secret", self._value))

    def __bool__(self) -> bool:
        return bool(self._value)

    def __reduce__(self) -> str | tuple[object, ...]:
        raise TypeError("a Secret is not written anywhere")


def redact(text: str) -> str:
    """Mask every known secret value in `text`, longest first so that no part of one stays visible."""
    for value in sorted(_REVEALED, key=len, reverse=True):
        if value in text:
            text = text.replace(value, MASK)
    return text


class RedactingFilter(logging.Filter):
    """Masks known secrets in the finished message of every record, arguments and traceback included."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = redact(record.getMessage())
        record.args = None
        if record.exc_info:
            record.exc_text = redact(logging.Formatter().formatException(record.exc_info))
            record.exc_info = None
        return True
