"""What INFO says, field by field."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, Self

from providers.core.errors import Garbled
from providers.core.text import clean


class Fields:
    """The lines of INFO. A field that is absent or makes no sense is None, or the default that is asked for."""

    def __init__(self, fields: dict[str, str]) -> None:
        self._fields = fields

    @classmethod
    def of(cls, reply: Any, source: str = "") -> Self:
        """Raises Garbled when it is not the text of INFO."""
        if not isinstance(reply, bytes):
            raise Garbled("INFO: the answer is no text", source=source)
        lines = (line.partition(":") for line in reply.decode("utf-8", "replace").splitlines() if ":" in line)
        return cls({clean(key, 120): clean(value, 400) for key, _, value in lines})

    @property
    def mode(self) -> str:
        """standalone, sentinel or cluster."""
        return self.text("server_mode") or self.text("redis_mode") or "standalone"

    def __contains__(self, key: str) -> bool:
        return key in self._fields

    def text(self, key: str, default: str = "") -> str:
        return self._fields.get(key, default)

    def whole(self, key: str, default: int = 0) -> int:
        found = self.maybe(key)
        return default if found is None else int(found)

    def flag(self, key: str) -> bool:
        return self.whole(key) != 0

    def well(self, key: str) -> bool:
        """A status that says "ok"; one that is absent complains of nothing."""
        return self.text(key, "ok") == "ok"

    def maybe(self, key: str) -> float | None:
        """A number, or None."""
        try:
            number = float(self._fields[key])
        except (KeyError, ValueError):
            return None
        return number if math.isfinite(number) else None

    def records(self, prefix: str) -> Iterator[tuple[int, dict[str, str]]]:
        """(number, its parts) of each `prefix<number>:key=value,…`, such as db0 and slave0."""
        for key, value in self._fields.items():
            number = key.removeprefix(prefix)
            if key.startswith(prefix) and number.isdecimal():
                yield int(number), dict(_split(part) for part in value.split(",") if "=" in part)


def _split(part: str) -> tuple[str, str]:
    key, _, value = part.partition("=")
    return key, value
