"""Where a secret comes from. Nothing is read until it is needed, and what is read is a Secret at once."""

from __future__ import annotations

import asyncio
import os
import re
import shlex
import signal
import stat
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from providers.core.errors import ConfigError
from providers.core.secret import Secret, redact
from providers.core.text import clean

COMMAND_TIMEOUT: Final = 10.0
"""Seconds a command may take to print the secret."""
MOST_BYTES: Final = 64 * 1024
_SHOWN_STDERR: Final = 300
_PASSED_ON: Final = re.compile(
    r"PATH|HOME|USER|LOGNAME|LANG|LC_\w+|TZ|TMPDIR|XDG_\w+|SSH_AUTH_SOCK|GNUPGHOME|GPG_TTY|PASSWORD_STORE_DIR"
    r"|DBUS_SESSION_BUS_ADDRESS|(AWS|VAULT|OP)_\w+"
)
"""Variables a command is given: what password stores and cloud tools need to find themselves, nothing more."""


class SecretSource(msgspec.Struct, frozen=True):
    """One of: the name of an environment variable, a file, a command that prints it, or the value itself.

    In the configuration: `{env: NAME}`, `{file: PATH}`, `{command: "WORDS"}`, or a plain string.
    """

    env: str | None = None
    file: str | None = None
    command: str | None = None
    literal: Secret | None = None

    async def resolve(self, environ: Mapping[str, str] = os.environ) -> Secret:
        """The secret, without its last newline. Raises ConfigError that names the source and never what it gave."""
        if self.literal is not None:
            return self.literal
        if self.env is not None:
            return _from_env(self.env, environ)
        if self.file is not None:
            return await _in_thread(self.file, environ)
        return await _from_command(self.command or "", environ)


def _from_env(name: str, environ: Mapping[str, str]) -> Secret:
    value = environ.get(name)
    if not value:
        raise ConfigError(f"the secret's environment variable {clean(name, 80)} is not set")
    return Secret(value)


async def _in_thread(path: str, environ: Mapping[str, str]) -> Secret:
    # A secret on a network share that hangs must not stop the loop; the file is small, so the thread is short.
    try:
        return await asyncio.wait_for(asyncio.to_thread(_from_file, path, environ), COMMAND_TIMEOUT)
    except TimeoutError:
        raise ConfigError(f"the secret's file {clean(path, 200)} could not be read within 10 s") from None


def _from_file(path: str, environ: Mapping[str, str]) -> Secret:
    shown = clean(path, 200)
    home = environ.get("HOME") or str(Path.home())
    try:
        descriptor = os.open(path.replace("~", home, 1) if path.startswith("~/") else path, os.O_RDONLY | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as file:
            about = os.fstat(descriptor)
            data = file.read(MOST_BYTES + 1) if stat.S_ISREG(about.st_mode) else b""
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "it cannot be read"
        raise ConfigError(f"the secret's file {shown}: {why.lower()}") from None
    if not stat.S_ISREG(about.st_mode):
        raise ConfigError(f"the secret's file {shown} is not a plain file")
    # Mounted secrets belong to root and are read through a group; only what every user can read is open.
    if about.st_mode & stat.S_IROTH:
        raise ConfigError(f"the secret's file {shown} can be read by every user", fix=f"chmod 600 {shown}")
    return _value(data, f"the secret's file {shown}")


async def _from_command(command: str, environ: Mapping[str, str]) -> Secret:
    try:
        words = shlex.split(command)
    except ValueError:
        words = []
    if not words:
        raise ConfigError("the secret's command is no command line: expected words, quoted as in a shell")
    name = f"the secret's command {clean(Path(words[0]).name, 80)}"
    passed = {key: value for key, value in environ.items() if _PASSED_ON.fullmatch(key)}
    try:
        process = await asyncio.create_subprocess_exec(
            *words,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=passed,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "it cannot be started"
        raise ConfigError(f"{name}: {why.lower()}") from None
    return await _output(process, name)


async def _output(process: asyncio.subprocess.Process, name: str) -> Secret:
    assert process.stdout
    assert process.stderr
    try:
        async with asyncio.timeout(COMMAND_TIMEOUT):
            out, complaint = await asyncio.gather(_capped(process.stdout), _capped(process.stderr))
            status = await process.wait()
    except TimeoutError:
        raise ConfigError(f"{name} gave no answer within {COMMAND_TIMEOUT:g} s") from None
    finally:
        await _end(process)
    if status != 0:
        raise ConfigError(f"{name} ended with status {status}{_said(complaint, out)}")
    return _value(out, name)


async def _capped(stream: asyncio.StreamReader) -> bytes:
    """Everything up to the cap; the rest is read and dropped, so that the command is not held up."""
    kept = bytearray()
    while chunk := await stream.read(MOST_BYTES):
        kept += chunk[: MOST_BYTES + 1 - len(kept)]
    return bytes(kept)


async def _end(process: asyncio.subprocess.Process) -> None:
    """Kill what is left of the command's process group, then reap the command."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()


def _said(complaint: bytes, out: bytes) -> str:
    """The last line of stderr, without any secret known by now and without what the command printed."""
    lines = complaint.decode("utf-8", "replace").strip().splitlines()
    if not lines:
        return ""
    for printed in out.decode("utf-8", "replace").splitlines():
        Secret(printed.strip())
    return f": {redact(clean(lines[-1], _SHOWN_STDERR))}"


def _value(data: bytes, name: str) -> Secret:
    if len(data) > MOST_BYTES:
        raise ConfigError(f"{name} gave more than {MOST_BYTES // 1024} KiB")
    try:
        value = data.decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError:
        raise ConfigError(f"{name} gave bytes that are not UTF-8 text") from None
    if not value:
        raise ConfigError(f"{name} gave nothing")
    return Secret(value)
