"""Values that must not be seen."""

from __future__ import annotations

import base64
import json
import logging
import threading
from collections.abc import Iterator
from typing import Final
from urllib.parse import quote, quote_plus

MASK: Final = "•••"

_SHORTEST_MASKED: Final = 4  # masking "a" or "1" in every log line would hide the log, not the secret
_SHORTEST_LINE: Final = 16  # of a key in several lines; text is often cut into lines before it is masked
_MOST: Final = 10_000

_remembered: dict[str, None] = {}  # oldest first
_known: tuple[str, ...] = ()  # longest first; replaced as a whole, as every thread reads it
_lock = threading.Lock()


class Secret:
    """A secret value whose `repr`, `str`, `format` and pickling never show it; only `reveal()` does, at the call.

    Every value is remembered so that `redact` and `RedactingFilter` mask it wherever it turns up in text.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value
        _remember(value)

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
    for value in _known:
        if value in text:
            text = text.replace(value, MASK)
    return text


def _remember(value: str) -> None:
    global _known
    with _lock:
        fresh = [form for form in _forms(value) if len(form) >= _SHORTEST_MASKED and form not in _remembered]
        if not fresh:
            return
        _remembered.update(dict.fromkeys(fresh))
        # Tokens are renewed for as long as the console runs; the oldest are long void.
        while len(_remembered) > _MOST:
            del _remembered[next(iter(_remembered))]
        _known = tuple(sorted(_remembered, key=len, reverse=True))


def _forms(value: str) -> Iterator[str]:
    """The value, and how it looks in a URL, in JSON, in a Python message, in Basic credentials, and line by line."""
    yield value
    if len(value) < _SHORTEST_MASKED:
        return
    yield quote(value, safe="", errors="replace")
    yield quote_plus(value, errors="replace")
    yield json.dumps(value)[1:-1]
    yield json.dumps(value, ensure_ascii=False)[1:-1]
    yield repr(value)[1:-1]
    yield base64.b64encode(value.encode("utf-8", "replace")).decode("ascii")
    yield from (line for line in value.splitlines() if len(line) >= _SHORTEST_LINE)


class RedactingFilter(logging.Filter):
    """Masks known secrets in the finished message of every record, arguments and traceback included.

    Goes on handlers: a filter of a logger does not see what its children log.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = redact(_message(record))
        record.args = None
        if record.exc_info:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
            record.exc_info = None
        record.exc_text = redact(record.exc_text) if record.exc_text else None
        record.stack_info = redact(record.stack_info) if record.stack_info else None
        return True


def _message(record: logging.LogRecord) -> str:
    # A library's wrong format string must not raise where it logs, nor get past the mask.
    try:
        return record.getMessage()
    except (TypeError, ValueError, LookupError):
        return f"{record.msg} {record.args}"
