"""A password from a .pgpass file, for a server behind a tunnel: libpq would look for the tunnel's port there."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path

from providers.core.config import home_path
from providers.core.secret import Secret
from providers.postgres.address import Parameters

_FIELD = re.compile(r"((?:[^:\\]|\\.)*)(?::|$)")


def password_of(found: Parameters, host: str, port: int, environ: Mapping[str, str] = os.environ) -> Secret | None:
    """The first line that fits, as libpq reads the file; None when there is none or others may read it."""
    path = Path(found.get("passfile") or environ.get("PGPASSFILE") or home_path("~/.pgpass", environ))
    user = found.get("user", "")
    wanted = (host, str(port), found.get("dbname") or user, user)
    for line in _lines(path):
        fields = [re.sub(r"\\(.)", r"\1", field) for field in _FIELD.findall(line)][:5]
        if len(fields) == 5 and all(a in {"*", b} for a, b in zip(fields, wanted, strict=False)):
            return Secret(fields[4])
    return None


def _lines(path: Path) -> list[str]:
    try:
        if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            return []
        text = path.read_text("utf-8", "replace")
    except OSError:
        return []
    return [line for line in text.splitlines() if line and not line.startswith("#")]
