"""One change at a time on one target, across every console that shares a state directory."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from providers.core.action import Target
from providers.core.errors import Refused
from providers.core.text import clean

_LARGEST: Final = 4096


class Holder(msgspec.Struct, frozen=True):
    """Who is changing a target now. `since` is UTC ISO time."""

    user: str
    pid: int
    since: str
    action: str = ""

    def __str__(self) -> str:
        doing = f" ({clean(self.action, 80)})" if self.action else ""
        return f"{clean(self.user, 80)}, pid {self.pid}, since {clean(self.since, 40)}{doing}"


class TargetLocks:
    """Lock files under `directory`, one a target, held by flock: a console that dies lets go."""

    def __init__(self, directory: Path, environment: str) -> None:
        self.directory = directory
        self._environment = environment

    def path(self, target: Target) -> Path:
        """The lock file of a target: by what it is called, so that a recreated object is the same target."""
        key = "\0".join((self._environment, target.kind, target.namespace, target.name))
        return self.directory / f"{hashlib.sha256(key.encode('utf-8', 'surrogatepass')).hexdigest()[:32]}.lock"

    def acquire(self, target: Target, user: str, action: str, now: datetime) -> int:
        """Take the lock and return the descriptor that holds it (blocking I/O, does not wait).

        Raises Refused, naming the holder, when somebody has it, or when the lock cannot be kept.
        """
        try:
            descriptor = self._open(self.path(target))
        except OSError as error:
            raise Refused(
                f"the lock of {target.label} cannot be kept: {error.strerror}",
                fix=f"make {self.directory} writable for you alone",
            ) from error
        try:
            self._take(descriptor, target)
            holder = Holder(user, os.getpid(), now.isoformat(timespec="seconds"), action)
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, msgspec.json.encode(holder), 0)
        except OSError:
            # The lock is what counts; a full disk only keeps us from saying who holds it.
            return descriptor
        except Refused:
            os.close(descriptor)
            raise
        return descriptor

    @staticmethod
    def release(descriptor: int) -> None:
        """Let go. The file stays: removing it would let two consoles lock two files of one name."""
        try:
            os.ftruncate(descriptor, 0)
        finally:
            os.close(descriptor)

    @contextmanager
    def held(self, target: Target, user: str, action: str, now: datetime) -> Iterator[None]:
        """Hold the lock of a target (blocking I/O). Raises Refused."""
        descriptor = self.acquire(target, user, action, now)
        try:
            yield
        finally:
            self.release(descriptor)

    def _open(self, path: Path) -> int:
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)

    @staticmethod
    def _take(descriptor: int, target: Target) -> None:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno not in {errno.EWOULDBLOCK, errno.EACCES}:
                raise Refused(f"the lock of {target.label} cannot be taken: {error.strerror}") from error
            raise Refused(
                f"{target.label} is being changed by {_holder(descriptor)}", fix="wait until that has ended"
            ) from error


def _holder(descriptor: int) -> str:
    try:
        return str(msgspec.json.decode(os.pread(descriptor, _LARGEST, 0), type=Holder))
    except (OSError, msgspec.DecodeError):
        return "another run"
