"""Log lines in a file of the operator's own."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from providers.core.errors import FusionError
from providers.core.secret import redact
from providers.logs.line import Line


def save(directory: Path, name: str, lines: Sequence[Line]) -> Path:
    """Write lines with time and origin, known secrets masked, readable by the operator only. Raises FusionError."""
    plain = re.sub(r"[^A-Za-z0-9.=_-]+", "-", name)[:80].strip("-.") or "log"
    path = directory / f"{plain}-{datetime.now(UTC):%Y%m%dT%H%M%S.%f}.log"
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.writelines(_written(line) for line in lines)
    except OSError as error:
        raise FusionError(f"{path} could not be written: {error.strerror}") from None
    return path


def _written(line: Line) -> bytes:
    text = f"{line.stamp.decode('ascii', 'replace')} {line.origin.label} {line.text.decode('utf-8', 'surrogateescape')}"
    return redact(text).encode("utf-8", "surrogateescape") + b"\n"
