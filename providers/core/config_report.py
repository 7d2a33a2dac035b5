"""What `config show`, `config validate` and `config init` say and do."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import msgspec
import yaml

from providers.core.config import Config, Environment, Loaded, Service
from providers.core.config_file import load, places, user_file
from providers.core.config_problem import ConfigRejected, Problem
from providers.core.errors import ConfigError
from providers.core.secret import MASK
from providers.core.secret_source import SecretSource
from providers.core.text import clean

EXAMPLE: Final = "config.example.yaml"
_TOKEN_IN_URL: Final = re.compile(r"([?&][^=&]*(?:key|token|secret|sig|password|auth)[^=&]*=)[^&]+", re.IGNORECASE)


class Report(msgspec.Struct, frozen=True):
    """The verdict on a configuration. `path` is the file it is about, None when there is none."""

    path: Path | None
    errors: tuple[Problem, ...]
    warnings: tuple[str, ...]
    looked: tuple[Path, ...]
    fix: str = ""

    @property
    def ok(self) -> bool:
        return not self.errors

    def lines(self) -> list[str]:
        """For people: one line a mistake or warning, then the fix, or that all is well."""
        found = [f"error: {problem}" for problem in self.errors]
        found += [f"warning: {warning}" for warning in self.warnings]
        if self.fix:
            found.append(f"fix: {self.fix}")
        return found or [f"{clean(str(self.path)) if self.path else 'the built-in defaults'}: well"]


def validate(path: Path | None = None, environ: Mapping[str, str] = os.environ) -> Report:
    """Judge the configuration that would be loaded. Never raises for a wrong one."""
    looked = places(path, environ)
    try:
        loaded = load(path, environ)
    except ConfigRejected as rejected:
        return Report(rejected.path, rejected.problems, (), looked, rejected.fix)
    except ConfigError as error:
        asked = looked[0] if len(looked) == 1 else None
        return Report(asked, (Problem(error.message),), (), looked, error.fix)
    return Report(loaded.path, (), loaded.warnings, loaded.looked)


def show(loaded: Loaded) -> str:
    """The values in force as YAML, secrets masked, with what each top-level key and each variable brought.

    Keys that are unset are left out; the text is itself a configuration, but for what is masked.
    """
    lines = list(_origin(loaded))
    for key, value in effective(loaded.config).items():
        lines += ["", *_source(loaded, key)]
        dumped = yaml.safe_dump({key: value}, sort_keys=False, allow_unicode=True, width=110)
        lines.append(dumped.rstrip("\n"))
    return "\n".join(lines) + "\n"


def effective(config: Config) -> dict[str, Any]:
    """The configuration as plain values in the shape of the file, secrets masked, unset keys left out."""
    plain = _plain(config)
    assert isinstance(plain, dict)
    return plain


def init(path: Path | None = None, environ: Mapping[str, str] = os.environ) -> Path:
    """Write the commented example for its owner only and return where. Raises ConfigError; never overwrites."""
    place = path or user_file(environ)
    shown = clean(str(place))
    text = example_text().encode()
    try:
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(text)
    except FileExistsError:
        raise ConfigError(f"{shown} exists and is not overwritten", fix="edit it, or move it away first") from None
    except OSError as error:
        raise ConfigError(f"{shown}: {(error.strerror or 'cannot be written').lower()}") from None
    return place


def example_text() -> str:
    """The commented example: beside the package `tui` once installed, at the root of the source tree before."""
    root = Path(__file__).resolve().parents[2]
    for place in (root / "tui" / EXAMPLE, root / EXAMPLE):
        if place.is_file():
            return place.read_text("utf-8")
    raise ConfigError(f"{EXAMPLE} is missing from this installation", fix="install fusion-console again")


def _origin(loaded: Loaded) -> list[str]:
    lines = []
    for place in loaded.looked:
        state = "this one" if place == loaded.path else "not there"
        lines.append(f"# looked at {clean(str(place))}: {state}")
    if loaded.path is None:
        lines.append("# no file: built-in defaults and the environment variables of this shell")
    return [*lines, *(f"# warning: {warning}" for warning in loaded.warnings)]


def _source(loaded: Loaded, key: str) -> list[str]:
    """ "file" or "default", then the variables that had a say beneath the key, one a line."""
    said = [f"#   {path}: {source}" for path, source in loaded.sources.items() if path.startswith(f"{key}.")]
    said = [line for line in said if not line.endswith(": file")]
    return [f"# {'file' if key in loaded.sources else 'default'}", *said]


def _plain(value: object) -> object:
    if isinstance(value, SecretSource):
        return _plain_secret(value)
    if isinstance(value, msgspec.Struct):
        hidden = ("name",) if isinstance(value, Environment | Service) else ()
        fields = ((name, getattr(value, name)) for name in value.__struct_fields__ if name not in hidden)
        return {name: _plain(inner) for name, inner in fields if inner is not None}
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, tuple):
        if value and isinstance(value[0], Service):
            return {service.name: _plain(service) for service in value}
        return [_plain(inner) for inner in value]
    return _TOKEN_IN_URL.sub(rf"\1{MASK}", value) if isinstance(value, str) and "://" in value else value


def _plain_secret(source: SecretSource) -> object:
    """Where it comes from; of a command only the program, since its words may hold a token."""
    if source.literal is not None:
        return MASK
    if source.command is not None:
        return {"command": f"{source.command.split(' ', 1)[0]} …"}
    return {"env": source.env} if source.env is not None else {"file": source.file}
