"""Where a request goes: its path read once, for routing, for permissions and for the log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sandbox.cluster.errors import MethodNotAllowed, NotFound
from sandbox.cluster.kinds import BY_ADDRESS, Kind

_VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch"}


@dataclass(frozen=True, slots=True)
class Address:
    """A resource request. `subresource` "" is the object itself; `rest` is the path behind "proxy"."""

    kind: Kind
    verb: str
    namespace: str | None
    name: str
    subresource: str
    rest: str

    @property
    def resource(self) -> str:
        """As permissions name it: "pods", "pods/exec"."""
        return f"{self.kind.plural}/{self.subresource}" if self.subresource else self.kind.plural


def parse(method: str, path: str, query: Mapping[str, str]) -> Address:
    """Read a path under /api/v1 or /apis. Raises NotFound, MethodNotAllowed."""
    parts = path.strip("/").split("/")
    group, version, rest = ("", parts[1], parts[2:]) if parts[0] == "api" else (parts[1], parts[2], parts[3:])
    namespace = None
    if len(rest) >= 3 and rest[0] == "namespaces" and (group, version, rest[2]) in BY_ADDRESS:
        namespace, rest = rest[1], rest[2:]
    kind = BY_ADDRESS.get((group, version, rest[0])) if rest else None
    if kind is None or (namespace is not None) > kind.namespaced:
        raise NotFound.resource()
    name, subresource = (rest[1] if len(rest) > 1 else ""), (rest[2] if len(rest) > 2 else "")
    address = Address(kind, _verb(method, name, query), namespace, name, subresource, "/".join(rest[3:]))
    _check(address)
    return address


def _verb(method: str, name: str, query: Mapping[str, str]) -> str:
    if method in ("GET", "HEAD"):
        if query.get("watch") in ("true", "1"):
            return "watch"
        return "get" if name else "list"
    if method == "DELETE":
        return "delete" if name else "deletecollection"
    if method not in _VERBS:
        raise MethodNotAllowed("the server does not allow this method on the requested resource")
    return _VERBS[method]


def _check(address: Address) -> None:
    kind, verbs = address.kind, address.kind.verbs
    if address.subresource:
        part = kind.subresource(address.subresource)
        if part is None:
            raise NotFound.resource()
        verbs = part.verbs
    elif address.rest:
        raise NotFound.resource()
    allowed = address.verb in verbs
    if not allowed or (address.verb in ("update", "patch") and not address.name):
        raise MethodNotAllowed("the server does not allow this method on the requested resource")
    if kind.namespaced and address.name and address.namespace is None:
        raise NotFound.resource()
