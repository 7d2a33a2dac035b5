"""The little protobuf that kubectl insists on: it asks `auth can-i` in it, whatever the server prefers."""

from __future__ import annotations

from typing import Any

MAGIC = b"k8s\0"
_ATTRIBUTES = {1: "namespace", 2: "verb", 3: "group", 4: "version", 5: "resource", 6: "subresource", 7: "name"}


def self_review(body: bytes) -> dict[str, Any]:
    """A SelfSubjectAccessReview or …RulesReview (k8s.io/api/authorization/v1) as JSON would have it."""
    envelope = _fields(body[len(MAGIC) :])
    kind = _fields(envelope.get(1, b"")).get(2, b"").decode()
    spec = _fields(_fields(envelope.get(2, b"")).get(2, b""))
    if kind == "SelfSubjectRulesReview":
        asked: dict[str, Any] = {"namespace": spec.get(1, b"").decode()}
    else:
        fields = _fields(spec.get(1, b""))
        named = {name: fields[number].decode() for number, name in _ATTRIBUTES.items() if number in fields}
        asked = {"resourceAttributes": named}
    return {"kind": kind, "apiVersion": "authorization.k8s.io/v1", "spec": asked}


def _fields(data: bytes) -> dict[int, bytes]:
    """The length-delimited fields of a message; the last of each number wins, other types are skipped."""
    found: dict[int, bytes] = {}
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        if tag & 7 == 2:
            size, at = _varint(data, at)
            found[tag >> 3] = data[at : at + size]
            at += size
        else:
            _, at = _varint(data, at)
    return found


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(data):
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            break
    return value, at
