"""One line of the audit trail."""

from __future__ import annotations

import hashlib
import json
from typing import Any, Final

import msgspec

from providers.core.action import Call, Precondition
from providers.core.operator import Operator
from providers.core.secret import redact
from providers.core.text import clean

GENESIS: Final = "0" * 64
"""`prev` of the first line."""
MAX_LINE: Final = 1 << 20
"""Bytes of the longest line that is written or read."""
# One line has to hold what was done even when a plan is absurdly long: strings are cut harder until it fits.
_STRING_LIMITS: Final = (16_384, 1_024, 128)
_MOST_ITEMS: Final = 200
_STRUCTURE: Final = frozenset({"at", "kind", "id", "diff", "plan", "prev", "verdict", "risk"})

KINDS: Final = frozenset(
    {"intent", "sent", "outcome", "verified", "refused", "arm", "disarm", "reveal", "note", "resolved"}
)


class Entry(msgspec.Struct, frozen=True, omit_defaults=True):
    """What one line says. `seq`, `at` and `prev` are set when it is written.

    `id` binds intent, sent, outcome, verified and resolved of one run. `at` is UTC ISO time with milliseconds. `diff`
    and `plan` are SHA-256 digests of what was shown; `target` is "kind/name", `identity` the system's own id of it.
    `verdict` is how a run ended (outcome, resolved), `prev` the SHA-256 of the raw line before.
    """

    v: int
    seq: int
    at: str
    kind: str
    who: Operator
    pid: int = 0
    id: str = ""
    environment: str = ""
    production: bool = False
    target: str = ""
    namespace: str = ""
    identity: str = ""
    source: str = ""
    action: str = ""
    risk: str = ""
    calls: tuple[Call, ...] = ()
    preconditions: tuple[Precondition, ...] = ()
    diff: str = ""
    plan: str = ""
    typed: str = ""
    reason: str = ""
    verdict: str = ""
    message: str = ""
    prev: str = GENESIS


def encode(entry: Entry) -> bytes:
    """The raw line without its newline: ASCII, secrets masked, never longer than MAX_LINE."""
    value = msgspec.to_builtins(entry)
    for limit in _STRING_LIMITS:
        line = json.dumps(_bounded(value, limit), separators=(",", ":"), ensure_ascii=True).encode("ascii")
        if len(line) < MAX_LINE:
            break
    return line


def decode(line: bytes) -> Entry | None:
    """The entry of a raw line, its texts safe to draw; None when the line is none."""
    try:
        return msgspec.convert(_shown(json.loads(line)), Entry)
    except (ValueError, RecursionError):
        return None


def digest(line: bytes) -> str:
    """What the next line keeps of this one."""
    return hashlib.sha256(line).hexdigest()


def _bounded(value: Any, limit: int, key: str = "") -> Any:
    match value:
        case str() if key not in _STRUCTURE:
            return _cut(redact(value), limit)
        case dict():
            return {name: _bounded(item, limit, name) for name, item in value.items()}
        case list() | tuple():
            return [_bounded(item, limit) for item in value[:_MOST_ITEMS]]
    return value


def _cut(text: str, limit: int) -> str:
    if len(text) <= limit:
        return text
    whole = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{text[:limit]} …[+{len(text) - limit} chars, sha256 {whole}]"


def _shown(value: Any) -> Any:
    match value:
        case str():
            return clean(value)
        case dict():
            return {name: _shown(item) for name, item in value.items()}
        case list():
            return [_shown(item) for item in value]
    return value
