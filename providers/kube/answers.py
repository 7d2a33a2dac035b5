"""From an HTTP status and its body to the core's error tree."""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from providers.core.errors import (
    BackendError,
    Conflict,
    Denied,
    Expired,
    Garbled,
    Invalid,
    NotFound,
    ServerFault,
    Throttled,
    Unauthenticated,
)
from providers.core.text import clean

_FORBIDDEN = re.compile(
    r'cannot (?P<verb>\S+) resource "(?P<resource>[^"]*)"(?: in API group "(?P<group>[^"]*)")?'
    r'(?: in the namespace "(?P<namespace>[^"]*)")?'
)
_PLAIN: Mapping[int, type[BackendError]] = {
    400: Invalid,
    404: NotFound,
    405: Invalid,
    409: Conflict,
    410: Expired,
    412: Conflict,
    415: Invalid,
    422: Invalid,
}
LOGIN_FIX = (
    "log in again and retry: renew the token of this kubeconfig user (EKS: aws sso login, aws eks update-kubeconfig)"
)


class Status(msgspec.Struct):
    """The fields we use of a meta/v1 Status."""

    kind: str = ""
    message: str = ""
    reason: str = ""
    code: int = 0


def error_of(status: int, body: bytes, headers: Mapping[str, str], source: str) -> BackendError:
    """The error an answer with `status` ≥ 400 means; its message is the server's own, cleaned and short."""
    message = _message(body) or f"HTTP {status}"
    if status == 401:
        return Unauthenticated("the cluster does not accept the credentials (401)", source=source, fix=LOGIN_FIX)
    if status == 403:
        permission = permission_of(message)
        fix = f"ask for the right to {permission}" if permission else ""
        return Denied(message, permission=permission, source=source, fix=fix)
    if status == 429:
        return Throttled(message, retry_after=_retry_after(headers), source=source)
    if status in _PLAIN:
        return _PLAIN[status](message, source=source)
    return ServerFault(f"HTTP {status}: {message}", source=source)


def garbled(what: str, source: str) -> Garbled:
    """An answer that is not what the protocol says."""
    return Garbled(f"{what}: the answer is not Kubernetes JSON (a proxy in between?)", source=source)


def permission_of(message: str) -> str:
    """The missing right of a 403 message, e.g. "list pods in fusion-bitcoin"; "" when it names none."""
    found = _FORBIDDEN.search(message)
    if found is None:
        return ""
    resource = f"{found['resource']}.{found['group']}" if found["group"] else found["resource"]
    where = f" in {found['namespace']}" if found["namespace"] else ""
    return f"{found['verb']} {resource}{where}"


def _message(body: bytes) -> str:
    if body[:1] == b"{":
        try:
            return clean(msgspec.json.decode(body, type=Status).message, 400)
        except msgspec.DecodeError:
            return ""
    return "" if b"<html" in body[:200].lower() else clean(body[:400].strip(), 400)


def _retry_after(headers: Mapping[str, str]) -> float:
    try:
        return min(300.0, max(0.0, float(headers.get("Retry-After", "1"))))
    except ValueError:
        return 1.0
