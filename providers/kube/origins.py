"""Where a container's variables come from, by its own spec, and which of their values may be seen."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

from providers.core.secret import MASK
from providers.core.text import clean
from providers.kube.describe_container import source_words
from providers.kube.masking import masked, scrubbed
from providers.kube.raw import Manifest, items, part

Maps = Mapping[str, Mapping[str, str]]
"""Config maps by name, their data by key."""

_COMMON: Final = re.compile(
    r"^(PATH|HOME|HOSTNAME|PWD|SHLVL|TERM|LANG|LC_\w+|TZ|USER|_|\w+_SERVICE_(HOST|PORT\w*)|\w+_PORT\w*)$"
)
_SHORTEST: Final = 4
"""Characters of a secret value from which on it is looked for in the other values as well."""


class SecretKey(msgspec.Struct, frozen=True):
    """One value of one secret, by name."""

    secret: str
    key: str

    def __str__(self) -> str:
        return f"secret/{clean(self.secret)} key {clean(self.key)}"


class Variable(msgspec.Struct, frozen=True):
    """A variable fit to be shown. `value` is masked where it has to be, None where the spec alone does not tell it.

    `source` is where it comes from; `secret` which value would have to be revealed to see it.
    """

    name: str
    value: str | None
    source: str = ""
    secret: SecretKey | None = None

    def __str__(self) -> str:
        if self.value is None:
            return f"{self.name} from {self.source}"
        return f"{self.name}={self.value}" + (f" ({self.source})" if self.secret or self.unsure else "")

    @property
    def unsure(self) -> bool:
        """Whether it only may come from the secret named."""
        return self.source.startswith("perhaps ")


class Origin(msgspec.Struct, frozen=True):
    """Of one variable: words for a person, the secret it comes from, and its value where that is plain."""

    words: str
    secret: SecretKey | None = None
    value: str | None = None


class Whole(msgspec.Struct, frozen=True):
    """A secret or config map whose every key becomes a variable, and that could not be read here."""

    words: str
    prefix: str
    secret: str = ""


class Origins(msgspec.Struct, frozen=True):
    """What a container's spec says about its variables: single ones by name, and what it takes in whole."""

    named: Mapping[str, Origin]
    whole: tuple[Whole, ...]

    def of(self, name: str) -> Origin:
        """Where a variable comes from, or may come from."""
        secrets = [taken for taken in self.whole if taken.secret and name.startswith(taken.prefix)]
        if name in self.named or not secrets or _COMMON.match(name):
            return self.named.get(name, Origin(""))
        key = SecretKey(secrets[0].secret, name.removeprefix(secrets[0].prefix)) if len(secrets) == 1 else None
        return Origin(f"perhaps {', '.join(taken.words for taken in secrets)}", key)


def origins(spec: Manifest, maps: Maps) -> Origins:
    """By the container's own spec; a single variable beats what is taken in whole."""
    named: dict[str, Origin] = {}
    whole = []
    for source in items(spec, "envFrom"):
        prefix, name = str(source.get("prefix", "")), str(part(source, "configMapRef").get("name"))
        if name in maps:
            named |= {prefix + key: _plain(source_words(source), value) for key, value in maps[name].items()}
        else:
            whole.append(Whole(source_words(source), prefix, str(part(source, "secretRef").get("name", ""))))
    named |= {str(variable.get("name", "")): _origin(variable, maps) for variable in items(spec, "env")}
    return Origins(named, tuple(whole))


def _origin(variable: Manifest, maps: Maps) -> Origin:
    source = part(variable, "valueFrom")
    if not source:
        return _plain("its spec", str(variable.get("value", "")))
    words = source_words(source)
    if reference := part(source, "secretKeyRef"):
        return Origin(words, SecretKey(str(reference.get("name", "")), str(reference.get("key", ""))))
    reference = part(source, "configMapKeyRef")
    return Origin(words, value=maps.get(str(reference.get("name")), {}).get(str(reference.get("key"))))


def _plain(words: str, value: str) -> Origin:
    return Origin(words, value=value)


def seen(variables: Mapping[str, str], known: Origins) -> Iterator[Variable]:
    """Sorted by name. A value of a secret is masked wherever it turns up, inside other values too."""
    hidden = [
        variables[name]
        for name, origin in known.named.items()
        if origin.secret and len(variables.get(name, "")) >= _SHORTEST
    ]
    for name, value in sorted(variables.items()):
        origin = known.of(name)
        secret = origin.secret is not None or origin.words.startswith("perhaps ")
        shown = MASK if secret else masked(name, _without(value, hidden))
        yield Variable(clean(name), shown, clean(origin.words), origin.secret)


def declared(known: Origins) -> Iterator[Variable]:
    """What the spec alone tells: the same, with values only where the spec or a config map has them."""
    for taken in known.whole:
        yield Variable(f"{clean(taken.prefix)}*", None, clean(taken.words))
    for name, origin in sorted(known.named.items()):
        value = MASK if origin.secret else None if origin.value is None else masked(name, origin.value)
        yield Variable(clean(name), value, clean(origin.words), origin.secret)


def _without(value: str, secrets: list[str]) -> str:
    for secret in secrets:
        value = value.replace(secret, MASK)
    return scrubbed(value)
