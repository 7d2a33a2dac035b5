"""What comes from the server, made safe where it enters: texts are cleaned, no byte is trusted to be UTF-8."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final, TypeVar

import msgspec
import psycopg
from psycopg.abc import Buffer
from psycopg.adapt import AdaptersMap, Loader

from providers.core.errors import Garbled
from providers.core.text import LINE_LIMIT, clean, plain

T = TypeVar("T")
Row = dict[str, Any]

_ANY_OTHER: Final = 0
"""The oid that psycopg takes for types it does not know."""
_BREAK: Final = re.compile(r"[\r\n]+")


def one_line(text: str | bytes) -> str:
    """Clean text on one line; breaks with their indentation become a space."""
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    text = text.strip()
    if "\n" in text or "\r" in text:
        text = " ".join(filter(None, (line.strip() for line in _BREAK.split(text))))
    # A screenful of sessions is thousands of texts, and nearly all of them are plain.
    return text if plain(text) and len(text) <= LINE_LIMIT else clean(text)


class _Text(Loader):
    # A database in SQL_ASCII, or another one than ours, sends bytes that are no UTF-8.
    def load(self, data: Buffer) -> str:
        return one_line(bytes(data))


class _Json(Loader):
    def load(self, data: Buffer) -> Any:
        return _cleaned(msgspec.json.decode(bytes(data).decode("utf-8", "replace")))


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return one_line(value)
    if isinstance(value, list):
        return [_cleaned(inner) for inner in value]
    return {one_line(key): _cleaned(inner) for key, inner in value.items()} if isinstance(value, dict) else value


def adapters() -> AdaptersMap:
    """psycopg's own, with texts that come in clean."""
    found = AdaptersMap(psycopg.adapters)
    for kind in ("text", "varchar", "bpchar", "name", _ANY_OTHER):
        found.register_loader(kind, _Text)
    for name in ("json", "jsonb"):
        found.register_loader(name, _Json)
    return found


ADAPTERS: Final = adapters()


def shaped(rows: Sequence[Row], shape: type[T], source: str) -> tuple[T, ...]:
    """Rows as values. Raises Garbled when they are not what the statement promises."""
    try:
        return tuple(msgspec.convert(rows, list[shape]))  # type: ignore[valid-type]
    except msgspec.ValidationError as error:
        raise Garbled(f"the server's rows are not as expected: {clean(str(error), 200)}", source=source) from None
