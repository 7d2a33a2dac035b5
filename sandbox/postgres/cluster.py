"""The files of a database cluster: made by initdb, readable by the server's user alone."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import stat
from pathlib import Path
from typing import Final

from providers.core.errors import Unreachable

NOBODY: Final = 65534
"""Who the server runs as when we are root, which it refuses to be."""
SUPERUSER: Final = "sandbox"
RESERVING: Final = 16
"""The first release that keeps slots for roles other than superusers (`reserved_connections`)."""

_SETTINGS: Final = {
    "listen_addresses": "127.0.0.1", "unix_socket_directories": "", "fsync": "off",
    "full_page_writes": "off", "synchronous_commit": "off", "shared_buffers": "32MB", "max_connections": "60",
    "max_wal_size": "128MB", "min_wal_size": "32MB", "wal_level": "minimal", "max_wal_senders": "0",
    "shared_preload_libraries": "pg_stat_statements", "pg_stat_statements.track": "all", "track_io_timing": "on",
    "password_encryption": "scram-sha-256", "log_min_messages": "fatal", "log_min_error_statement": "panic",
    "dynamic_shared_memory_type": "mmap", "shared_memory_type": "mmap", "autovacuum_naptime": "20s", "jit": "off",
    "timezone": "UTC", "client_connection_check_interval": "2s",
}  # fmt: skip
_ACCESS: Final = "host all all 127.0.0.1/32 scram-sha-256\n"


def server_uid() -> int:
    """The uid to run the server as; -1 keeps ours."""
    return NOBODY if os.geteuid() == 0 else -1


def reachable(programs: Path, directory: Path) -> Path:
    """The programs, where the server's user can run them: a copy, when they lie in somebody's private directory.

    `programs` is the `bin` of an installation with `lib` and `share` beside it.
    """
    open_to_all = all(way.stat().st_mode & 0o001 for way in (programs.resolve(), *programs.resolve().parents))
    if server_uid() < 0 or open_to_all:
        return programs
    installation = programs.parent
    package = installation.parent
    copy = directory / "programs" / package.name
    for part in (programs.name, "lib", "share"):
        shutil.copytree(installation / part, copy / installation.name / part, symlinks=True)
    # The wheel's shared libraries lie beside its package, and are looked for from where the programs are.
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, copy.with_name(libraries.name))
    for made in ((directory / "programs"), *(path for path in (directory / "programs").rglob("*") if path.is_dir())):
        made.chmod(0o755)
    return copy / installation.name / programs.name


async def make(directory: Path, programs: Path, password: str) -> Path:
    """Initialise the data directory with its superuser; returns it. Raises Unreachable."""
    data, secret = directory / "data", directory / "superuser"
    data.mkdir(mode=0o700)
    secret.touch(mode=0o600)
    secret.write_text(password)
    admit(directory)
    hand_over(data, secret)
    await _initdb(programs / "initdb", data, secret)
    secret.unlink()
    with (data / "postgresql.conf").open("a") as settings:
        settings.writelines(f"{key} = '{value}'\n" for key, value in (_SETTINGS | _reserve(data)).items())
    (data / "pg_hba.conf").write_text(_ACCESS)
    hand_over(*data.iterdir())
    return data


def release_of(data: Path) -> int:
    """The major version of the server the directory belongs to."""
    return int(re.match(r"\d+", (data / "PG_VERSION").read_text())[0])  # type: ignore[index]


def _reserve(data: Path) -> dict[str, str]:
    """Slots that the services cannot take from whoever is on call, where the server knows how."""
    return {"reserved_connections": "4"} if release_of(data) >= RESERVING else {}


def admit(directory: Path) -> None:
    """As root, let the server's user pass through the estate's directory and the member's, without looking around."""
    if (uid := server_uid()) < 0:
        return
    for way in (directory, directory.parent):
        os.chown(way, -1, uid)
        way.chmod(stat.S_IMODE(way.stat().st_mode) | stat.S_IXGRP)


def hand_over(*paths: Path) -> None:
    """As root, give files to the server's user."""
    if (uid := server_uid()) < 0:
        return
    for path in paths:
        os.chown(path, uid, uid)


async def _initdb(program: Path, data: Path, secret: Path) -> None:
    options = ["--no-sync", "--no-instructions", "--encoding=UTF8", "--locale=C", "--auth=scram-sha-256"]
    own = None if server_uid() < 0 else server_uid()
    process = await asyncio.create_subprocess_exec(
        str(program), *options, f"--username={SUPERUSER}", f"--pwfile={secret}", "-D", str(data),
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}, cwd="/",
        user=own, group=own, extra_groups=None if own is None else [],
    )  # fmt: skip
    _, said = await process.communicate()
    if process.returncode:
        raise Unreachable(f"initdb ended with {process.returncode}: {said.decode('utf-8', 'replace').strip()[-400:]}")
