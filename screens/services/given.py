"""The three tables of a pod's contents: variables, config maps by key, secrets by key."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

import msgspec

from providers.core.secret import MASK
from providers.kube.environment import Environment
from providers.kube.inventory import UNKNOWN, ConfigMapEntry, SecretEntry
from providers.kube.origins import SecretKey, Variable
from tui.cell import Cell, Column
from tui.moment import age
from tui.table import TablePanel

NOTHING: Final = Variable("(none)", "")
"""Stands for the variables of a container without any, so that its row still says where it was looked."""


class VariableRow(msgspec.Struct, frozen=True):
    """A variable of one container."""

    of: Environment
    variable: Variable

    @property
    def wanted(self) -> SecretKey | str:
        """What can be revealed of it, or why nothing can."""
        v = self.variable
        if v.secret is not None:
            return v.secret
        if v.unsure:
            return f"{v.name} comes {v.source}: which of them cannot be told. Reveal the key among the secrets."
        if v.value is not None and MASK in v.value:
            return f"{v.name} only looks secret, and is in no secret: it comes from {v.source or 'the image'}."
        return f"{v.name} is not secret."


class ConfigKey(msgspec.Struct, frozen=True):
    """One key of a config map; "" when the map is empty."""

    map: ConfigMapEntry
    key: str

    @property
    def text(self) -> tuple[str, ...]:
        return self.map.data.get(self.key, ())

    def lines(self) -> Iterator[str]:
        """The whole text of the key, and what there is to know of its map."""
        yield f"changed since its pods started: {self.map.drift}"
        yield f"used by {', '.join(self.map.used_by) or 'no pod'}"
        yield from ("", *(self.text or ("(empty)",)))


class SecretRow(msgspec.Struct, frozen=True):
    """One key of a secret; "" when the secret is empty."""

    secret: SecretEntry
    key: str

    @property
    def wanted(self) -> SecretKey | str:
        return SecretKey(self.secret.name, self.key) if self.key else f"secret/{self.secret.name} has no key."


def _value(row: VariableRow) -> Cell:
    value, source = row.variable.value, row.variable.source
    if value is None:
        return Cell(f"(of {source}, which only its container knows)", "muted")
    return Cell(f"{MASK} {source}", "muted") if value == MASK else Cell(value)


def _from(row: VariableRow) -> Cell:
    """Of what is masked, the value names the source already."""
    return Cell("" if row.variable.value in (None, MASK) else row.variable.source, "muted")


def _container(row: VariableRow) -> Cell:
    """What was read from the spec must not look as if the container had said it."""
    return Cell(f"{row.of.container} (its spec)", "warn") if row.of.instead else Cell(row.of.container, "muted")


def _config_text(row: ConfigKey) -> Cell:
    more = len(row.text) - 1
    first = row.text[0] if row.text else "(empty)"
    return Cell(f"{first} …(+{more} lines)" if more > 0 else first)


def _drift(row: ConfigKey) -> Cell:
    told = row.map.drift
    if told.startswith(UNKNOWN):
        return Cell(UNKNOWN, "unknown")
    return Cell(told, "muted" if told.startswith("no") else "warn")


def _users(names: tuple[str, ...]) -> Cell:
    counted = f"{len(names)} pods: " if len(names) > 1 else ""
    return Cell(counted + (", ".join(names) or "no pod"), "muted")


def _created(moment: datetime | None) -> Cell:
    return Cell(age(moment), "muted")


VARIABLES: tuple[Column[VariableRow], ...] = (
    Column("CONTAINER", _container, 24, weight=6),
    Column("VARIABLE", lambda r: Cell(r.variable.name), 32, weight=10),
    Column("VALUE", _value, 200, weight=9, flex=True),
    Column("FROM", _from, 44, weight=5),
)
CONFIG: tuple[Column[ConfigKey], ...] = (
    Column("CONFIG MAP", lambda r: Cell(r.map.name), 30, weight=8),
    Column("KEY", lambda r: Cell(r.key, ""), 24, weight=10),
    Column("CONTENT", _config_text, 200, weight=9, flex=True),
    Column("CHANGED", _drift, 60, weight=7),
    Column("AGE", lambda r: _created(r.map.created), 5, weight=3),
    Column("USED BY", lambda r: _users(r.map.used_by), 40, weight=1),
)
SECRETS: tuple[Column[SecretRow], ...] = (
    Column("SECRET", lambda r: Cell(r.secret.name), 32, weight=9),
    Column("KEY", lambda r: Cell(r.key or "(no key)"), 24, weight=10),
    Column("VALUE", lambda r: Cell(MASK if r.key else "", "muted"), 5, weight=8),
    Column("BYTES", lambda r: Cell(str(r.secret.keys.get(r.key, 0)), "muted"), 6, right=True, weight=7,
           sort=lambda r: r.secret.keys.get(r.key, 0)),
    Column("AGE", lambda r: _created(r.secret.created), 5, weight=5),
    Column("TYPE", lambda r: Cell(r.secret.type, "muted"), 22, weight=2),
    Column("USED BY", lambda r: _users(r.secret.used_by), 200, weight=4, flex=True),
)  # fmt: skip


class GivenEnvironment(TablePanel[VariableRow]):
    """Every variable as its container has it, or, marked, as the spec declares it."""

    title = "Environment"
    kind = "variable"
    columns = VARIABLES
    places = ("table", "contents")

    def identity(self, value: VariableRow) -> str:
        return f"{value.of.container}/{value.variable.name}"

    def freshness(self) -> tuple[str, str]:
        instead = next((row.of.instead for row in self.reading.value or () if row.of.instead), "")
        return (f"NOT FROM THE CONTAINER: {instead}", "warn") if instead and self.current else super().freshness()


class GivenConfig(TablePanel[ConfigKey]):
    """Config maps by key, with what changed after the pods started."""

    title = "Config maps"
    kind = "configmap"
    columns = CONFIG
    places = ("table", "contents")

    def identity(self, value: ConfigKey) -> str:
        return f"{value.map.name}/{value.key}"

    def faulty(self, value: ConfigKey) -> bool:
        return value.map.drift.startswith("changed")


class GivenSecrets(TablePanel[SecretRow]):
    """Secrets by key; the values stay where they are."""

    title = "Secrets"
    kind = "secret"
    columns = SECRETS
    places = ("table", "contents")

    def identity(self, value: SecretRow) -> str:
        return f"{value.secret.name}/{value.key}"
