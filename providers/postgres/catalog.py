"""The SQL of the console: one file a statement and minimum server version, chosen by what the server can run."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import Final

OLDEST: Final = 120000
"""The oldest server that is spoken to, as in server_version_num: PostgreSQL 12."""
_NAME: Final = re.compile(r"([a-z_]+)-(\d{6})\.sql")


@cache
def statement(name: str, version: int) -> bytes:
    """The newest text of a statement that a server of this version (server_version_num) can run. Raises LookupError."""
    fitting = [minimum for minimum in _versions().get(name, ()) if minimum <= version]
    if not fitting:
        raise LookupError(f"no statement {name} for a server of version {version}")
    return (files("providers.postgres") / "sql" / f"{name}-{max(fitting)}.sql").read_bytes()


@cache
def _versions() -> dict[str, tuple[int, ...]]:
    """Statement to the minimum versions it is written for."""
    found: dict[str, tuple[int, ...]] = {}
    for entry in (files("providers.postgres") / "sql").iterdir():
        if match := _NAME.fullmatch(entry.name):
            found[match[1]] = (*found.get(match[1], ()), int(match[2]))
    return found
