"""The audit trail on disk: one append-only file, shared by every console of one operator."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from providers.core.audit_entry import MAX_LINE
from providers.core.errors import AuditError

NAME: Final = "audit.jsonl"
_BLOCK: Final = 1 << 16
_LOCK_DEADLINE: Final = 5.0
_LOCK_POLL: Final = 0.01


@contextmanager
def opened(directory: Path, *, write: bool) -> Iterator[int]:
    """The trail as a descriptor, locked: exclusive for writing, shared for reading; blocking I/O.

    Writing makes what is missing, 0700 and 0600 whatever the umask. Raises FileNotFoundError (reading only) when there
    is no trail yet, AuditError when it cannot be used, with the fix.
    """
    try:
        if write:
            _make_private(directory)
        descriptor = _open(directory / NAME, write)
    except OSError as error:
        if isinstance(error, FileNotFoundError) and not write:
            raise
        raise unusable(directory, error) from error
    try:
        _lock(descriptor, directory, fcntl.LOCK_EX if write else fcntl.LOCK_SH)
        yield descriptor
    finally:
        os.close(descriptor)


def unlock(descriptor: int) -> None:
    """Let others write: what was there stays as it is, as the file only grows."""
    fcntl.flock(descriptor, fcntl.LOCK_UN)


def unusable(directory: Path, error: OSError) -> AuditError:
    """An operating system's refusal, in words and with what to do."""
    return AuditError(
        f"the audit trail in {directory} cannot be used: {error.strerror or error}",
        fix=f"make room and give yourself the directory (chmod 700 {directory}); it must be no link",
    )


def append(descriptor: int, line: bytes) -> None:
    """Write one line in a single call and wait until it is on disk. Raises OSError; what was written so far stays."""
    written = os.write(descriptor, line)
    if written != len(line):
        os.fsync(descriptor)
        raise OSError(errno.ENOSPC, "no space left, the line was cut short")
    os.fsync(descriptor)


def lines(descriptor: int, size: int) -> Iterator[bytes]:
    """Raw lines with their newline, from the start to byte `size`, in bounded memory.

    A line longer than MAX_LINE comes in pieces without newline: none of them is an entry.
    """
    with os.fdopen(os.dup(descriptor), "rb", buffering=_BLOCK) as file:
        file.seek(0)
        left = size
        while left > 0 and (line := file.readline(min(MAX_LINE, left))):
            left -= len(line)
            yield line


def lines_backwards(descriptor: int, size: int) -> Iterator[bytes]:
    """Raw lines, last first, each with its newline; only the first one yielded may lack it. Bounded like `lines`."""
    end, held = size, b""
    while end > 0:
        start = max(0, end - _BLOCK)
        held = os.pread(descriptor, end - start, start) + held
        end = start
        pieces = _split(held)
        # The first piece may go on in the block before.
        held, whole = (pieces[0], pieces[1:]) if end > 0 else (b"", pieces)
        yield from reversed(whole)
        if len(held) > MAX_LINE:
            yield held
            held = b""


def _split(data: bytes) -> list[bytes]:
    parts = data.split(b"\n")
    whole = [part + b"\n" for part in parts[:-1]]
    return [*whole, parts[-1]] if parts[-1] else whole


def _make_private(directory: Path) -> None:
    if not directory.is_symlink() and not directory.is_dir():
        # Another console may make it at the same moment.
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        _sync_directory(directory.parent)
    found = directory.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        raise AuditError(f"{directory} is not a directory of yours", fix="move it away, or set state_dir")
    if found.st_mode & 0o077:
        directory.chmod(0o700)


def _open(path: Path, write: bool) -> int:
    flags = os.O_NOFOLLOW | os.O_CLOEXEC
    if not write:
        return os.open(path, flags | os.O_RDONLY)
    try:
        descriptor = os.open(path, flags | os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_EXCL, 0o600)
        _sync_directory(path.parent)
    except FileExistsError:
        descriptor = os.open(path, flags | os.O_RDWR | os.O_APPEND)
    if os.fstat(descriptor).st_mode & 0o077:
        os.fchmod(descriptor, 0o600)
    return descriptor


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _lock(descriptor: int, directory: Path, how: int) -> None:
    # A console that is stopped while it writes must not stop all others for ever.
    deadline = time.monotonic() + _LOCK_DEADLINE
    while True:
        try:
            fcntl.flock(descriptor, how | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise AuditError(
                    f"another process has held the audit trail in {directory} for {_LOCK_DEADLINE:g} s",
                    fix="look for a stopped console (ps -o stat,pid,args)",
                ) from None
            time.sleep(_LOCK_POLL)
        else:
            break
    if not _same_file(descriptor, directory / NAME):
        raise AuditError(f"the audit trail in {directory} was moved while it was being opened", fix="try again")


def _same_file(descriptor: int, path: Path) -> bool:
    try:
        found = path.lstat()
    except OSError:
        return False
    held = os.fstat(descriptor)
    return (found.st_dev, found.st_ino) == (held.st_dev, held.st_ino)
