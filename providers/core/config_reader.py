"""Nodes to configuration values, guided by the types themselves; every mistake is collected with its place and key."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Mapping
from typing import Any, Final

import msgspec
from msgspec import inspect

from providers.core.config import Config, Environment, Service, Thresholds
from providers.core.config_problem import Mark, Problem, shown
from providers.core.config_scalar import nothing, scalar_of
from providers.core.config_services import BRIDGE
from providers.core.config_yaml import Items, Pairs, Scalar, YamlNode
from providers.core.secret import Secret
from providers.core.secret_source import SecretSource
from providers.core.text import clean

_WRONG: Final = object()
"""Stands for a value with a mistake, which is already among the problems."""
_SECTION_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
_KEY: Final = re.compile(r"[a-z][a-z_]{0,40}")
_NAMED_BY_KEY: Final = (Environment, Service)


class ConfigReader:
    """One reading of one document. `marks` holds the place of every key that was written, by key path."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.marks: dict[str, Mark] = {}
        self.literals: list[str] = []
        """Key paths of secrets written in the file itself."""
        self.commands: list[str] = []
        """Key paths of secrets that a command prints."""
        self._services: tuple[Service, ...] = BRIDGE
        self._thresholds = Thresholds()

    def read(self, node: YamlNode) -> Config | None:
        """The configuration, or None when it cannot be built; look at `problems` either way."""
        value = self._value(node, inspect.type_info(Config), "")
        return value if isinstance(value, Config) else None

    def _value(self, node: YamlNode, kind: inspect.Type, path: str) -> Any:
        if isinstance(kind, inspect.Metadata):
            return self._scalar(node, kind, path)
        if isinstance(kind, inspect.UnionType):
            (kind,) = (one for one in kind.types if not isinstance(one, inspect.NoneType))
            # A section all of whose keys are commented out is there, with its defaults; `null` says it is not.
            bare = isinstance(kind, inspect.StructType) and kind.cls is not SecretSource and _bare(node)
            return None if nothing(node) and not bare else self._value(node, kind, path)
        if isinstance(kind, inspect.StructType):
            return self._secret(node, path) if kind.cls is SecretSource else self._struct(node, kind, path)
        if isinstance(kind, inspect.DictType):
            return self._dict(node, kind, path)
        if isinstance(kind, inspect.VarTupleType):
            return self._tuple(node, kind, path)
        return self._scalar(node, kind, path)

    def _scalar(self, node: YamlNode, kind: inspect.Type, path: str) -> Any:
        if not isinstance(node, Scalar):
            return self._wrong(node.mark, path, f"expected a single value, found {_form(node)}")
        value, expected = scalar_of(node, kind)
        if expected:
            found = "nothing" if nothing(node) else shown(node.text, path)
            return self._wrong(node.mark, path, f"expected {expected}, found {found}")
        return value

    def _tuple(self, node: YamlNode, kind: inspect.VarTupleType, path: str) -> Any:
        item = kind.item_type
        if isinstance(item, inspect.StructType) and item.cls is Service:
            return self._service_map(node, item, path)
        if _bare(node):
            return ()
        if not isinstance(node, Items):
            return self._wrong(node.mark, path, f"expected a list, found {_form(node)}")
        values = [self._value(inner, item, f"{path}.{number}") for number, inner in enumerate(node.nodes)]
        return _WRONG if _WRONG in values else tuple(values)

    def _dict(self, node: YamlNode, kind: inspect.DictType, path: str) -> Any:
        named = isinstance(kind.value_type, inspect.StructType) and kind.value_type.cls is Environment
        values = {}
        for key, (mark, inner) in self._keys(node, path).items():
            where = f"{path}.{key}"
            if isinstance(kind.value_type, inspect.StructType) and named:
                values[key] = self._named(inner, kind.value_type, where, key, mark)
            else:
                values[key] = self._value(inner, kind.value_type, where)
        return _WRONG if _WRONG in values.values() else values

    def _service_map(self, node: YamlNode, kind: inspect.StructType, path: str) -> Any:
        """Services of the estate, or of one environment and then merged over the estate's by name; `null` drops one."""
        if _bare(node):
            return self._services
        common = {service.name: service for service in self._services} if path != "services" else {}
        values: dict[str, Any] = dict(common)
        for key, (mark, inner) in self._keys(node, path).items():
            if nothing(inner) and key in common:
                del values[key]
            else:
                values[key] = self._named(inner, kind, f"{path}.{key}", key, mark, common.get(key))
        return _WRONG if _WRONG in values.values() else tuple(values.values())

    def _named(
        self, node: YamlNode, kind: inspect.StructType, path: str, key: str, mark: Mark, base: Service | None = None
    ) -> Any:
        if not _SECTION_NAME.fullmatch(key):
            return self._wrong(mark, path, "expected a name of letters, digits, '-', '_' and '.'")
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
        if not isinstance(node, Pairs) and not _bare(node):
            return self._wrong(node.mark, path, f"expected a mapping, found {_form(node)}")
        # Environments are read last: theirs are merged over what the file says for all.
        keys = self._keys(node, path)
        for key in sorted(keys, key=lambda name: name == "environments"):
            mark, inner = keys[key]
            where = f"{path}.{key}" if path else key
            if key not in fields:
                self._unknown(key, mark, path, fields)
            elif where.endswith(".thresholds") and (isinstance(inner, Pairs) or _bare(inner)):
                given = msgspec.structs.asdict(self._thresholds)
                values[key] = self._struct(inner, _STRUCT[Thresholds], where, given)
            else:
                values[key] = self._value(inner, fields[key].type, where)
            self._remember(where, values.get(key))
        missing = [name for name, field in fields.items() if field.required and name not in values]
        for name in missing:
            self._wrong(node.mark, path, f"the key {name} is missing")
        return _WRONG if missing or _WRONG in values.values() else kind.cls(**values)

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
                return self._wrong(node.mark, path, f"expected {forms}")
            self.literals.append(path)
            return SecretSource(literal=Secret(value))
        pairs = node.pairs if isinstance(node, Pairs) else ()
        if len(pairs) != 1:
            return self._wrong(node.mark, path, f"expected {forms}, found {_form(node)}")
        ((key, inner),) = pairs
        # What stands where a key was expected may be the secret itself: it is not shown.
        if not isinstance(key, Scalar) or key.text not in ("env", "file", "command"):
            return self._wrong(node.mark, path, f"expected {forms}")
        value = self._scalar(inner, inspect.StrType(min_length=1), f"{path}.{key.text}")
        if value is _WRONG:
            return _WRONG
        self.marks[path] = node.mark
        if key.text == "command":
            self.commands.append(path)
        return SecretSource(**{key.text: value})

    def _keys(self, node: YamlNode, path: str) -> dict[str, tuple[Mark, YamlNode]]:
        """The keys of a mapping with `<<` merged in; doubles and keys that are no text are problems."""
        if _bare(node):
            return {}
        if not isinstance(node, Pairs):
            self._wrong(node.mark, path, f"expected a mapping, found {_form(node)}")
            return {}
        own: dict[str, tuple[Mark, YamlNode]] = {}
        merged: dict[str, tuple[Mark, YamlNode]] = {}
        for key, inner in node.pairs:
            if isinstance(key, Scalar) and key.plain and key.text == "<<":
                for source in inner.nodes if isinstance(inner, Items) else (inner,):
                    merged = self._keys(source, path) | merged
                continue
            text, expected = scalar_of(key, inspect.StrType()) if isinstance(key, Scalar) else ("", "a key")
            if expected:
                self._wrong(key.mark, path, f"expected a key that is {expected}, found {_form(key)}")
            elif text in own:
                self._wrong(
                    key.mark, path, f"the key {clean(text)} is written twice, first in line {own[text][0].line}"
                )
            else:
                own[text] = (key.mark, inner)
                self.marks[f"{path}.{text}" if path else text] = inner.mark
        return merged | own

    def _unknown(self, key: str, mark: Mark, path: str, known: Collection[str]) -> None:
        near = difflib.get_close_matches(key, known, n=1)
        hint = f"did you mean {near[0]}?" if near else f"known here: {', '.join(sorted(known))}"
        # What does not look like a key may be a value that slipped: a password after a line break.
        named = f" {key}" if near or _KEY.fullmatch(key) else ""
        self._wrong(mark, path, f"unknown key{named}; {hint}")

    def _wrong(self, mark: Mark, path: str, message: str) -> object:
        self.problems.append(Problem(message, clean(path, 200), mark))
        return _WRONG


def _bare(node: YamlNode) -> bool:
    """Whether nothing at all stands after the key."""
    return isinstance(node, Scalar) and node.plain and not node.text


def _form(node: YamlNode) -> str:
    if isinstance(node, Scalar):
        return "nothing" if nothing(node) else "a single value"
    return "a list" if isinstance(node, Items) else "a mapping"


def _struct_type(kind: type[msgspec.Struct]) -> inspect.StructType:
    found = inspect.type_info(kind)
    assert isinstance(found, inspect.StructType)
    return found


_STRUCT: Final = {Thresholds: _struct_type(Thresholds)}
