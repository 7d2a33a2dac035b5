"""The environment of a running container, secret-looking values masked (K11)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

from providers.core.action import Permission
from providers.core.errors import BackendError, Denied, NotFound
from providers.core.text import clean
from providers.kube.client import KubeClient
from providers.kube.exec import run_in
from providers.kube.origins import Origins, Variable, declared, origins, seen
from providers.kube.raw import Manifest, containers_of, items, part

_ASKED: Final = (("cat", "/proc/1/environ"), ("env",))
"""The first is exact, as its entries end with NUL; the second is there when the process belongs to somebody else."""
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,127}=")


class Environment(msgspec.Struct, frozen=True):
    """What one container has, sorted by name. `instead` says why it is only what its spec declares; else ""."""

    container: str
    variables: tuple[Variable, ...]
    instead: str = ""


async def read_environment(client: KubeClient, namespace: str, pod: str, container: str) -> Environment:
    """As the container has it; where it cannot be asked, what its spec says, and why. Raises NotFound, Denied …"""
    manifest = await client.object(f"/api/v1/namespaces/{namespace}/pods/{pod}")
    spec = next((c for _, c in containers_of(part(manifest, "spec")) if c.get("name") == container), None)
    if spec is None:
        raise NotFound(f"pod {clean(pod)} has no container {clean(container)}", source=client.source)
    known = origins(spec, await _config_maps(client, namespace, spec))
    try:
        variables = await _asked(client, namespace, pod, container)
    except BackendError as error:
        reason = f"{error.permission or error.message} is denied" if isinstance(error, Denied) else error.message
        return _from_spec(container, known, reason)
    if not variables:
        return _from_spec(container, known, "there is no env in this image")
    return Environment(clean(container), tuple(seen(variables, known)))


def _from_spec(container: str, known: Origins, reason: str) -> Environment:
    return Environment(clean(container), tuple(declared(known)), reason)


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


async def _config_maps(client: KubeClient, namespace: str, spec: Manifest) -> Mapping[str, Mapping[str, str]]:
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
