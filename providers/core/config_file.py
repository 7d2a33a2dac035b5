"""Finds and reads the configuration file."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from providers.core.config import Config, Loaded
from providers.core.config_ambient import Ambient, ambient_environment
from providers.core.config_problem import ConfigRejected, Problem
from providers.core.config_reader import ConfigReader
from providers.core.config_rules import mistakes, warnings
from providers.core.config_yaml import MalformedYaml, parse
from providers.core.errors import ConfigError
from providers.core.text import clean

__all__ = ["Loaded", "load", "places", "read"]

VARIABLE: Final = "FUSION_CONSOLE_CONFIG"
SYSTEM_FILE: Final = Path("/etc/fusion-console/config.yaml")
MOST_BYTES: Final = 1 << 20


def places(path: Path | None, environ: Mapping[str, str]) -> tuple[Path, ...]:
    """Where the file is looked for, in order. What --config or FUSION_CONSOLE_CONFIG asks for stands alone."""
    if path is not None:
        return (path,)
    if environ.get(VARIABLE):
        return (Path(environ[VARIABLE]),)
    return (user_file(environ), SYSTEM_FILE)


def user_file(environ: Mapping[str, str]) -> Path:
    """The operator's own file, under $XDG_CONFIG_HOME or ~/.config."""
    home = Path(environ.get("HOME") or Path.home())
    return Path(environ.get("XDG_CONFIG_HOME") or home / ".config") / "fusion-console" / "config.yaml"


def load(path: Path | None = None, environ: Mapping[str, str] = os.environ) -> Loaded:
    """The configuration of the first file that exists, or the built-in one. Raises ConfigError with all mistakes."""
    looked = places(path, environ)
    asked = path is not None or bool(environ.get(VARIABLE))
    for number, place in enumerate(looked, 1):
        if asked or _exists(place):
            return read(_Bytes.of(place), environ, looked[:number])
    return read(None, environ, looked)


class _Bytes(msgspec.Struct, frozen=True):
    """What a file held, and who may have changed or read it."""

    path: Path
    data: bytes
    owner: int
    mode: int

    @classmethod
    def of(cls, path: Path) -> _Bytes:
        """Raises ConfigError. A FIFO does not hang it, and what is checked is what was read."""
        try:
            # Without O_NONBLOCK opening a FIFO waits for its writer.
            descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            try:
                about = os.fstat(descriptor)
                if not stat.S_ISREG(about.st_mode):
                    raise ConfigError(f"{clean(str(path))}: expected a plain file")
                with os.fdopen(descriptor, "rb", closefd=False) as file:
                    data = file.read(MOST_BYTES + 1)
            finally:
                os.close(descriptor)
            linked = path.is_symlink()
        except OSError as error:
            raise ConfigError(f"{clean(str(path))}: {(error.strerror or 'cannot be read').lower()}") from None
        if len(data) > MOST_BYTES:
            raise ConfigError(f"{clean(str(path))}: larger than {MOST_BYTES >> 20} MiB")
        if linked and about.st_uid not in (os.getuid(), 0):
            raise ConfigError(f"{clean(str(path))}: a symbolic link to a file of another user is not followed")
        return cls(path, data, about.st_uid, stat.S_IMODE(about.st_mode))

    def exposures(self, reader: ConfigReader) -> list[Problem]:
        """Keys that must not stand in a file that others may read or change."""
        found = []
        if self.mode & stat.S_IWOTH:
            found.append(Problem("every user may change this file"))
        mine = self.owner == os.getuid()
        for key in reader.literals if not mine or self.mode & 0o077 else ():
            found.append(Problem("a secret in a file that others can read", key, reader.notes.marks.get(key)))
        foreign = self.owner not in (os.getuid(), 0) or self.mode & (stat.S_IWGRP | stat.S_IWOTH)
        for key in reader.commands if foreign else ():
            found.append(Problem("a command in a file that others can change", key, reader.notes.marks.get(key)))
        return found


def read(file: _Bytes | None, environ: Mapping[str, str], looked: tuple[Path, ...] = ()) -> Loaded:
    """Read one file, or none, and put the variables in. Raises ConfigError."""
    reader = ConfigReader()
    config = _parsed(file, reader) if file else Config()
    problems = [*reader.notes.problems, *(file.exposures(reader) if file else ())]
    path = file.path if file else None
    if config is None or reader.notes.problems:
        raise _rejected(problems, path)
    if "environments" not in reader.notes.marks:
        config = msgspec.structs.replace(config, environments={"default": ambient_environment(environ)})
    if "default" not in reader.notes.marks and len(config.environments) == 1:
        config = msgspec.structs.replace(config, default=next(iter(config.environments)))
    ambient = Ambient(environ, reader.notes.marks)
    config = ambient.apply(config)
    problems += ambient.problems + mistakes(config, reader.notes.marks)
    if problems:
        raise _rejected(problems, path)
    sources = dict.fromkeys(reader.notes.marks, "file") | ambient.sources
    return Loaded(config, path, tuple(warnings(config, environ)), looked, sources)


def _parsed(file: _Bytes, reader: ConfigReader) -> Config | None:
    try:
        node = parse(file.data)
    except MalformedYaml as malformed:
        raise ConfigRejected([malformed.problem], file.path) from None
    if node is None:
        empty = Problem("the file is empty")
        raise ConfigRejected([empty], file.path, fix="write a start: fusion-console config init")
    return reader.read(node)


def _rejected(problems: list[Problem], path: Path | None) -> ConfigRejected:
    exposed = any("file that others" in problem.message or "every user" in problem.message for problem in problems)
    return ConfigRejected(problems, path, fix=f"chmod 600 {clean(str(path))}" if exposed else "")


def _exists(path: Path) -> bool:
    """Whether there is something at `path`; what cannot be looked at is there, so that reading it says why."""
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True
