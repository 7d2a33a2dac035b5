"""The environment of a running container, secret-looking values masked (K11)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

from providers.core.action import Permission
from providers.core.errors import BackendError, Denied, NotFound
from providers.core.secret import MASK
from providers.core.text import clean
from providers.kube.client import KubeClient
from providers.kube.describe_container import source_words
from providers.kube.exec import run_in
from providers.kube.masking import masked, scrubbed
from providers.kube.raw import Manifest, containers_of, items, part

_ASKED: Final = (("cat", "/proc/1/environ"), ("env",))
"""The first is exact, as its entries end with NUL; the second is there when the process belongs to somebody else."""
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,127}=")
_COMMON: Final = re.compile(
    r"^(PATH|HOME|HOSTNAME|PWD|SHLVL|TERM|LANG|LC_\w+|TZ|USER|_|\w+_SERVICE_(HOST|PORT\w*)|\w+_PORT\w*)$"
)
_SHORTEST: Final = 4
"""Characters of a secret value from which on it is looked for in the other values as well."""


class Origins(msgspec.Struct, frozen=True):
    """What a container's spec says about its variables: `secret` ones by name, and whole secrets it takes in."""

    plain: frozenset[str]
    secret: Mapping[str, str]
    unlisted: tuple[str, ...]

    def hides(self, name: str) -> str:
        """The secret a variable comes from, or may come from; "" when it does not."""
        if name in self.secret:
            return self.secret[name]
        unknown = self.unlisted and name not in self.plain and not _COMMON.match(name)
        return f"perhaps {', '.join(self.unlisted)}" if unknown else ""


async def environment(
    client: KubeClient, namespace: str, pod: str, container: str, pattern: str = ""
) -> tuple[str, ...]:
    """NAME=value lines as the container has them; where it cannot be asked, what its spec says and why.

    `pattern` is a regular expression of the names that are wanted.
    """
    manifest = await client.object(f"/api/v1/namespaces/{namespace}/pods/{pod}")
    spec = next((c for _, c in containers_of(part(manifest, "spec")) if c.get("name") == container), None)
    if spec is None:
        raise NotFound(f"pod {clean(pod)} has no container {clean(container)}", source=client.source)
    wanted = re.compile(pattern, re.IGNORECASE)
    maps = await _config_maps(client, namespace, spec)
    try:
        variables = await _asked(client, namespace, pod, container)
    except BackendError as error:
        reason = f"{error.permission or error.message} is denied" if isinstance(error, Denied) else error.message
        return (f"  (from its spec, not from the container: {reason})", *_declared(spec, maps, wanted))
    if not variables:
        return ("  (from its spec: there is no env in this image)", *_declared(spec, maps, wanted))
    return tuple(shown(variables, origins(spec, maps), wanted))


def shown(variables: Mapping[str, str], known: Origins, wanted: re.Pattern[str]) -> Iterator[str]:
    """Lines sorted by name. A value of a secret is masked wherever it turns up, inside other values too."""
    values = [variables[name] for name in known.secret if len(variables.get(name, "")) >= _SHORTEST]
    for name, value in sorted(variables.items()):
        if not wanted.search(name):
            continue
        source = known.hides(name)
        text = f"{MASK} ({source})" if source else masked(name, _without(value, values))
        yield f"  {clean(name)}={text}"


def origins(spec: Manifest, maps: Mapping[str, Mapping[str, str]]) -> Origins:
    """Which variables are secret, which are not, by the container's own spec."""
    secret, plain = {}, set()
    for variable in items(spec, "env"):
        source = part(variable, "valueFrom")
        if "secretKeyRef" in source:
            secret[str(variable.get("name"))] = source_words(source)
        else:
            plain.add(str(variable.get("name")))
    unlisted = []
    for source in items(spec, "envFrom"):
        if "secretRef" in source:
            unlisted.append(source_words(source))
        else:
            prefix, name = str(source.get("prefix", "")), str(part(source, "configMapRef").get("name"))
            plain |= {prefix + key for key in maps.get(name, {})}
    return Origins(frozenset(plain), secret, tuple(unlisted))


def parsed(output: bytes) -> dict[str, str]:
    """NAME → value of what `env` or /proc/1/environ give. A line that is no assignment belongs to the one before."""
    text = output.decode("utf-8", "replace")
    entries = text.split("\0") if "\0" in text else _joined(text.splitlines())
    return dict(entry.split("=", 1) for entry in entries if _NAME.match(entry))


def _joined(lines: list[str]) -> Iterator[str]:
    entry = ""
    for line in lines:
        # Base64 ends with "=" as well: inside a key nothing is an assignment.
        if _NAME.match(line) and not ("-----BEGIN" in entry and "-----END" not in entry):
            yield entry
            entry = line
        else:
            entry = f"{entry}\n{line}"
    yield entry


async def _asked(client: KubeClient, namespace: str, pod: str, container: str) -> dict[str, str]:
    """Empty when the image has neither of the two commands. Raises Denied before anything is run, Unreachable …"""
    for verb in ("get", "create"):
        permission = Permission(verb, "pods/exec", namespace, pod)
        if not await client.allowed(permission):
            raise Denied(f"{permission} is missing", permission=str(permission), source=client.source)
    for command in _ASKED:
        result = await run_in(client, namespace, pod, container, list(command))
        if result.exit_code == 0 and (variables := parsed(result.stdout)):
            return variables
    return {}


async def _config_maps(client: KubeClient, namespace: str, spec: Manifest) -> dict[str, dict[str, str]]:
    """The config maps its variables come from; those that cannot be read are left out, and named with the variable."""
    sources = [*items(spec, "envFrom"), *(part(v, "valueFrom") for v in items(spec, "env"))]
    names = {part(s, key).get("name") for s in sources for key in ("configMapRef", "configMapKeyRef")} - {None}
    found = {}
    for name in sorted(map(str, names)):
        try:
            config = await client.object(f"/api/v1/namespaces/{namespace}/configmaps/{name}")
        except BackendError:
            continue
        found[name] = {str(key): str(value) for key, value in part(config, "data").items()}
    return found


def _declared(spec: Manifest, maps: Mapping[str, Mapping[str, str]], wanted: re.Pattern[str]) -> Iterator[str]:
    for source in items(spec, "envFrom"):
        values = maps.get(str(part(source, "configMapRef").get("name")))
        if values is None:
            yield f"  every key of {clean(source_words(source))}"
        prefix = str(source.get("prefix", ""))
        yield from (
            f"  {clean(prefix + k)}={masked(prefix + k, v)}" for k, v in (values or {}).items() if wanted.search(k)
        )
    for variable in items(spec, "env"):
        name = str(variable.get("name", ""))
        if wanted.search(name):
            yield f"  {clean(name)}{_declared_value(name, variable, maps)}"


def _declared_value(name: str, variable: Manifest, maps: Mapping[str, Mapping[str, str]]) -> str:
    source = part(variable, "valueFrom")
    if not source:
        return f"={masked(name, str(variable.get('value', '')))}"
    reference = part(source, "configMapKeyRef")
    value = maps.get(str(reference.get("name")), {}).get(str(reference.get("key")))
    if value is not None:
        return f"={masked(name, value)}"
    return (
        f"={MASK} ({clean(source_words(source))})"
        if "secretKeyRef" in source
        else f" from {clean(source_words(source))}"
    )


def _without(value: str, secrets: list[str]) -> str:
    for secret in secrets:
        value = value.replace(secret, MASK)
    return scrubbed(value)
