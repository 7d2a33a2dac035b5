"""Nodes to configuration values, guided by the types themselves; every mistake is collected with its place and key."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec
from msgspec import inspect

from providers.core.config import Config, Environment, Service, Thresholds
from providers.core.config_notes import WRONG, Notes, bare, form
from providers.core.config_problem import Mark, shown
from providers.core.config_scalar import nothing, scalar_of
from providers.core.config_services import BRIDGE
from providers.core.config_yaml import Items, Pairs, Scalar, YamlNode
from providers.core.secret import Secret
from providers.core.secret_source import SecretSource

_SECTION_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
_NAMED_BY_KEY: Final = (Environment, Service)


class ConfigReader:
    """One reading of one document."""

    def __init__(self) -> None:
        self.notes = Notes()
        self.literals: list[str] = []
        """Key paths of secrets written in the file itself."""
        self.commands: list[str] = []
        """Key paths of secrets that a command prints."""
        self._services: tuple[Service, ...] = BRIDGE
        self._thresholds = Thresholds()

    def read(self, node: YamlNode) -> Config | None:
        """The configuration, or None when it cannot be built; look at `notes` either way."""
        value = self._value(node, inspect.type_info(Config), "")
        return value if isinstance(value, Config) else None

    def _value(self, node: YamlNode, kind: inspect.Type, path: str) -> Any:
        if isinstance(kind, inspect.Metadata):
            return self._scalar(node, kind, path)
        if isinstance(kind, inspect.UnionType):
            (kind,) = (one for one in kind.types if not isinstance(one, inspect.NoneType))
            # A section all of whose keys are commented out is there, with its defaults; `null` says it is not.
            default = isinstance(kind, inspect.StructType) and kind.cls is not SecretSource and bare(node)
            return None if nothing(node) and not default else self._value(node, kind, path)
        if isinstance(kind, inspect.StructType):
            return self._secret(node, path) if kind.cls is SecretSource else self._struct(node, kind, path)
        if isinstance(kind, inspect.DictType):
            return self._dict(node, kind, path)
        if isinstance(kind, inspect.VarTupleType):
            return self._tuple(node, kind, path)
        return self._scalar(node, kind, path)

    def _scalar(self, node: YamlNode, kind: inspect.Type, path: str) -> Any:
        if not isinstance(node, Scalar):
            return self.notes.wrong(node.mark, path, f"expected a single value, found {form(node)}")
        value, expected = scalar_of(node, kind)
        if expected:
            found = "nothing" if nothing(node) else shown(node.text, path)
            return self.notes.wrong(node.mark, path, f"expected {expected}, found {found}")
        return value

    def _tuple(self, node: YamlNode, kind: inspect.VarTupleType, path: str) -> Any:
        item = kind.item_type
        if isinstance(item, inspect.StructType) and item.cls is Service:
            return self._service_map(node, item, path)
        if bare(node):
            return ()
        if not isinstance(node, Items):
            return self.notes.wrong(node.mark, path, f"expected a list, found {form(node)}")
        values = [self._value(inner, item, f"{path}.{number}") for number, inner in enumerate(node.nodes)]
        return WRONG if WRONG in values else tuple(values)

    def _dict(self, node: YamlNode, kind: inspect.DictType, path: str) -> Any:
        named = isinstance(kind.value_type, inspect.StructType) and kind.value_type.cls is Environment
        values = {}
        for key, (mark, inner) in self.notes.keys(node, path).items():
            where = f"{path}.{key}"
            if isinstance(kind.value_type, inspect.StructType) and named:
                values[key] = self._named(inner, kind.value_type, where, key, mark)
            else:
                values[key] = self._value(inner, kind.value_type, where)
        return WRONG if WRONG in values.values() else values

    def _service_map(self, node: YamlNode, kind: inspect.StructType, path: str) -> Any:
        """Services of the estate, or of one environment and then merged over the estate's by name; `null` drops one."""
        if bare(node):
            return self._services
        common = {service.name: service for service in self._services} if path != "services" else {}
        values: dict[str, Any] = dict(common)
        for key, (mark, inner) in self.notes.keys(node, path).items():
            if nothing(inner) and key in common:
                del values[key]
            else:
                values[key] = self._named(inner, kind, f"{path}.{key}", key, mark, common.get(key))
        return WRONG if WRONG in values.values() else tuple(values.values())

    def _named(
        self, node: YamlNode, kind: inspect.StructType, path: str, key: str, mark: Mark, base: Service | None = None
    ) -> Any:
        if not _SECTION_NAME.fullmatch(key):
            return self.notes.wrong(mark, path, "expected a name of letters, digits, '-', '_' and '.'")
        given: dict[str, object] = {"name": key}
        if base is not None:
            given |= msgspec.structs.asdict(base)
            given["selector"] = "" if base.selector == f"app={base.deployment}" else base.selector
        return self._struct(node, kind, path, given)

    def _struct(
        self, node: YamlNode, kind: inspect.StructType, path: str, given: Mapping[str, object] | None = None
    ) -> Any:
        values: dict[str, Any] = dict(given or {})
        fields = {
            field.name: field for field in kind.fields if not (field.name == "name" and kind.cls in _NAMED_BY_KEY)
        }
        if not isinstance(node, Pairs) and not bare(node):
            return self.notes.wrong(node.mark, path, f"expected a mapping, found {form(node)}")
        # Environments are read last: theirs are merged over what the file says for all.
        keys = self.notes.keys(node, path)
        for key in sorted(keys, key=lambda name: name == "environments"):
            mark, inner = keys[key]
            where = f"{path}.{key}" if path else key
            if key not in fields:
                self.notes.unknown(key, mark, path, fields)
            elif where.endswith(".thresholds") and (isinstance(inner, Pairs) or bare(inner)):
                given = msgspec.structs.asdict(self._thresholds)
                values[key] = self._struct(inner, _STRUCT[Thresholds], where, given)
            else:
                values[key] = self._value(inner, fields[key].type, where)
            self._remember(where, values.get(key))
        missing = [name for name, field in fields.items() if field.required and name not in values]
        for name in missing:
            self.notes.wrong(node.mark, path, f"the key {name} is missing")
        return WRONG if missing or WRONG in values.values() else kind.cls(**values)

    def _remember(self, where: str, value: object) -> None:
        if where == "services" and isinstance(value, tuple):
            self._services = value
        if where == "thresholds" and isinstance(value, Thresholds):
            self._thresholds = value

    def _secret(self, node: YamlNode, path: str) -> Any:
        forms = "{env: NAME}, {file: PATH}, {command: WORDS} or quoted text"
        if isinstance(node, Scalar):
            value, expected = scalar_of(node, inspect.StrType())
            if expected or not value:
                return self.notes.wrong(node.mark, path, f"expected {forms}")
            self.literals.append(path)
            return SecretSource(literal=Secret(value))
        pairs = node.pairs if isinstance(node, Pairs) else ()
        if len(pairs) != 1:
            return self.notes.wrong(node.mark, path, f"expected {forms}, found {form(node)}")
        ((key, inner),) = pairs
        # What stands where a key was expected may be the secret itself: it is not shown.
        if not isinstance(key, Scalar) or key.text not in ("env", "file", "command"):
            return self.notes.wrong(node.mark, path, f"expected {forms}")
        value = self._scalar(inner, inspect.StrType(min_length=1), f"{path}.{key.text}")
        if value is WRONG:
            return WRONG
        self.notes.marks[path] = node.mark
        if key.text == "command":
            self.commands.append(path)
        return SecretSource(**{key.text: value})


def _struct_type(kind: type[msgspec.Struct]) -> inspect.StructType:
    found = inspect.type_info(kind)
    assert isinstance(found, inspect.StructType)
    return found


_STRUCT: Final = {Thresholds: _struct_type(Thresholds)}
