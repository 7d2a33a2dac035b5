"""The head of the audit trail, kept apart from it, so that cutting the trail's end is noticed."""

from __future__ import annotations

import os
import syslog
from pathlib import Path
from typing import Final

import msgspec

from providers.core.errors import AuditError

NAME: Final = "audit.head"
_LARGEST: Final = 4096


class Head(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The newest line that was written whole: its number and the SHA-256 of its raw bytes."""

    seq: int
    sha256: str


class HeadAltered(AuditError):
    """The kept head is not what a console writes."""


def read(directory: Path) -> Head | None:
    """The kept head; None when there is no such file. Raises HeadAltered, AuditError."""
    try:
        descriptor = os.open(directory / NAME, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise AuditError(f"{directory / NAME} cannot be read: {error.strerror}") from error
    try:
        return msgspec.json.decode(os.read(descriptor, _LARGEST), type=Head, strict=True)
    except (OSError, ValueError) as error:
        raise HeadAltered(f"{directory / NAME} was altered: it is no head of an audit trail") from error
    finally:
        os.close(descriptor)


def write(directory: Path, head: Head) -> None:
    """Replace the head at once or not at all. Raises OSError."""
    fresh = directory / f"{NAME}.new"
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        os.write(descriptor, msgspec.json.encode(head))
        # Renaming a file whose bytes are not on disk yet can leave an empty one after a power cut.
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    fresh.replace(directory / NAME)


def tell_syslog(head: Head) -> None:
    """Leave the head with the system's log, which the operator cannot rewrite. Does nothing where there is none."""
    syslog.syslog(syslog.LOG_AUTHPRIV | syslog.LOG_NOTICE, f"fusion-console audit seq={head.seq} sha256={head.sha256}")
