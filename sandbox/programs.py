"""Programs of this machine that can stand in for the packaged ones."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Final

POSTGRES: Final = "FUSION_POSTGRES_BIN"
"""Variable: a directory with `initdb` and `postgres` of another release."""
REDIS: Final = "FUSION_REDIS_SERVER"
"""Variable: a `redis-server`."""
_SYSTEM: Final = ("/usr/sbin", "/usr/local/sbin")
"""Where servers lie that are not on everybody's PATH."""


def given(variable: str) -> Path | None:
    """What the variable names, None when it names nothing that exists."""
    path = Path(os.environ.get(variable) or "/nonexistent")
    return path if path.exists() else None


def installed(name: str) -> Path | None:
    """A program of this machine, None when there is none."""
    found = shutil.which(name) or shutil.which(name, path=os.pathsep.join(_SYSTEM))
    return Path(found) if found else None
