"""What is wrong in a file a person wrote: where, what was expected, what was found."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from providers.core.errors import ConfigError
from providers.core.text import clean

MOST_SHOWN: Final = 40
"""Problems listed in one error; the rest is counted."""

_SECRET_KEY: Final = re.compile(
    r"passw|secret|token|credential|dsn|url|auth|(^|_)key$|env$|file$|command$", re.IGNORECASE
)
_HARMLESS: Final = re.compile(r"[\w.,:+ -]{0,40}")


class Mark(msgspec.Struct, frozen=True):
    """A place in a file, counted from 1."""

    line: int
    column: int


class Problem(msgspec.Struct, frozen=True):
    """One mistake. `key` is the path of the key ("environments.production.kubernetes.namespace").

    As text it is one clean line: "config.yaml:12:5: environments.a.aws: unknown key regoin; did you mean region?".
    """

    message: str
    key: str = ""
    mark: Mark | None = None
    file: str = ""

    def __str__(self) -> str:
        place = [*([self.file] if self.file else []), *((self.mark.line, self.mark.column) if self.mark else ())]
        return ": ".join(part for part in (":".join(map(str, place)), self.key, self.message) if part)


class ConfigRejected(ConfigError):
    """A configuration with mistakes, all of them at once."""

    def __init__(self, problems: Sequence[Problem], path: Path | None, *, fix: str = "") -> None:
        file = clean(str(path)) if path else ""
        placed = (msgspec.structs.replace(problem, file=file) for problem in problems)
        self.problems = tuple(sorted(placed, key=lambda problem: problem.mark.line if problem.mark else 0))
        self.path = path
        lines = [str(problem) for problem in self.problems[:MOST_SHOWN]]
        if len(self.problems) > MOST_SHOWN:
            lines.append(f"…and {len(self.problems) - MOST_SHOWN} more")
        super().__init__("\n".join(lines), fix=fix)


def shown(text: str, key: str) -> str:
    """`text` in quotes when it may be shown: never under a key that can hold a secret, never an address or a blob."""
    if any(map(_SECRET_KEY.search, key.split("."))) or not _HARMLESS.fullmatch(text):
        return "text that is not shown here"
    return f"'{clean(text)}'"
