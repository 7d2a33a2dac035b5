"""What the variables of other tools say about the estate: KUBECONFIG, AWS_*, PG*.

Such a variable speaks of one estate. With a single environment that is not production it beats the file; with several,
or in production, it only fills what the file leaves open: one exported profile must not turn "production" into staging.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

import msgspec
from msgspec import inspect

from providers.core.config import Aws, Config, Environment, Hosts, Kubernetes, Postgres, home_path
from providers.core.config_problem import Mark, Problem, shown
from providers.core.config_scalar import scalar_of
from providers.core.config_yaml import Scalar

VARIABLES: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "kubernetes": {"kubeconfig": ("KUBECONFIG",)},
    "aws": {
        "profile": ("AWS_PROFILE",),
        "region": ("AWS_REGION", "AWS_DEFAULT_REGION"),
        "endpoint_url": ("AWS_ENDPOINT_URL",),
    },
    "postgres": {
        "host": ("PGHOST",),
        "port": ("PGPORT",),
        "user": ("PGUSER",),
        "database": ("PGDATABASE",),
        "sslmode": ("PGSSLMODE",),
        "sslrootcert": ("PGSSLROOTCERT",),
        "service": ("PGSERVICE",),
        "passfile": ("PGPASSFILE",),
    },
}
"""Section and key to the variables it is taken from, the first that is set and not empty."""

_AWS_PRESENT: Final = (
    "AWS_PROFILE",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_ENDPOINT_URL",
    "AWS_ACCESS_KEY_ID",
    "AWS_ROLE_ARN",
)


def no_color(environ: Mapping[str, str]) -> bool:
    """Whether colours are unwanted: NO_COLOR counts only when it is not empty (no-color.org)."""
    return bool(environ.get("NO_COLOR"))


def ambient_environment(environ: Mapping[str, str]) -> Environment:
    """The environment `default`, for when no file describes one: the systems the variables and files of others name."""
    return Environment(
        "default",
        kubernetes=Kubernetes(),
        aws=Aws() if any(environ.get(name) for name in _AWS_PRESENT) else None,
        postgres=Postgres() if environ.get("PGHOST") or environ.get("PGSERVICE") else None,
        hosts=Hosts() if home_path("~/.ssh/config", environ).is_file() else None,
    )


class Ambient:
    """Puts the variables into a configuration; `sources` says which key got its value from which variable."""

    def __init__(self, environ: Mapping[str, str], written: Collection[str]) -> None:
        self.sources: dict[str, str] = {}
        self.problems: list[Problem] = []
        self._environ = environ
        self._written = written

    def apply(self, config: Config) -> Config:
        single = len(config.environments) == 1
        environments = {
            name: self._environment(one, pinned=one.production or not single)
            for name, one in config.environments.items()
        }
        return msgspec.structs.replace(config, environments=environments)

    def _environment(self, environment: Environment, *, pinned: bool) -> Environment:
        sections = {}
        for name, keys in VARIABLES.items():
            section = getattr(environment, name)
            if section is None or getattr(section, "dsn", None):
                continue
            path = f"environments.{environment.name}.{name}"
            changes: dict[str, Any] = {}
            for key, variables in keys.items():
                # A weaker check of the server's identity is a decision for the file, not for a shell.
                kept = pinned and (f"{path}.{key}" in self._written or (key == "sslmode" and environment.production))
                self._take(changes, key, variables, section, f"{path}.{key}", kept=kept)
            sections[name] = msgspec.structs.replace(section, **changes)
        return msgspec.structs.replace(environment, **sections)

    def _take(
        self, changes: dict[str, Any], key: str, variables: tuple[str, ...], section: object, path: str, *, kept: bool
    ) -> None:
        variable = next((name for name in variables if self._environ.get(name)), None)
        if variable is None:
            return
        if kept:
            self.sources[path] = f"not {variable}, which is set"
            return
        value, expected = _convert(self._environ[variable], type(section), key)
        if expected:
            found = shown(self._environ[variable], key)
            self.problems.append(Problem(f"expected {expected}, found {found}", variable))
            return
        changes[key] = value
        self.sources[path] = f"from {variable}"


def _convert(text: str, section: type[Any], key: str) -> tuple[Any, str]:
    info = inspect.type_info(section)
    assert isinstance(info, inspect.StructType)
    kind = next(field.type for field in info.fields if field.name == key)
    if isinstance(kind, inspect.UnionType):
        kind = next(one for one in kind.types if not isinstance(one, inspect.NoneType))
    return scalar_of(Scalar(Mark(1, 1), text, plain=isinstance(kind, inspect.IntType)), kind)
