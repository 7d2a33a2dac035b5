"""What a line says: its level, its message and its fields, from JSON, logfmt, klog or plain words."""

from __future__ import annotations

import re
from typing import Any, Final

import msgspec

_LOOKED_AT: Final = 64 * 1024
"""Bytes of a line that are read for its meaning."""
_FIELDS: Final = 60
_WORD: Final = 500
_LEVELS: Final = {
    "trace": "trace", "debug": "debug", "dbg": "debug", "info": "info", "notice": "info", "information": "info",
    "warn": "warn", "warning": "warn", "error": "error", "err": "error", "severe": "error", "fatal": "fatal",
    "panic": "fatal", "critical": "fatal", "crit": "fatal", "alert": "fatal", "emerg": "fatal", "emergency": "fatal",
}  # fmt: skip
_OF_NUMBER: Final = {10: "trace", 20: "debug", 30: "info", 40: "warn", 50: "error", 60: "fatal"}
"""Levels of pino and bunyan."""
_OF_KLOG: Final = {"I": "info", "W": "warn", "E": "error", "F": "fatal"}
_LEVEL_KEYS: Final = ("level", "lvl", "severity", "log.level", "loglevel")
_MESSAGE_KEYS: Final = ("msg", "message", "event", "log")
_TIME_KEYS: Final = ("ts", "time", "timestamp", "@timestamp", "t")
_KLOG: Final = re.compile(r"([IWEF])\d{4} [\d:.]+ +\d+ ([\w.-]+:\d+)\] ?")
_PAIR: Final = re.compile(r'([\w.@/-]+)=("(?:[^"\\]|\\.)*"|[^\s"]*)(?:\s+|$)')
_NAMED: Final = re.compile(
    r"\b(TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|FATAL|PANIC|CRITICAL|SEVERE)\b"
    r"|\[(trace|debug|info|notice|warn|warning|error|fatal|crit|alert|emerg)\]"
)
_ALARM: Final = re.compile(
    r"\bpanic: |^Traceback \(most recent|\b\w*(?:Error|Exception): |^fatal error: |(?i:\berror\b)"
)

ERRORS: Final = (
    r'"(?:level|lvl|severity)" ?: ?(?:"(?i:err|error|severe|fatal|panic|critical|crit|alert|emerg|emergency)"|[56]0\b)'
    r'|\b(?:level|lvl|severity)="?(?i:err|error|severe|fatal|panic|critical|crit|alert|emerg)\b'
    r"|^[EF]\d{4} |\b(?:ERROR|FATAL|PANIC|CRITICAL|SEVERE)\b|\[(?:error|fatal|crit|alert|emerg)\]"
    r"|panic: |Traceback \(most recent|\b\w*(?:Error|Exception): |^fatal error: "
)
"""An expression (RE2) that finds the lines whose level is error or worse, without reading each for its meaning."""


class Shape(msgspec.Struct, frozen=True):
    """`form` is json, logfmt, klog or plain; `level` trace … fatal or "" when the line does not tell."""

    form: str
    level: str
    message: str
    fields: tuple[tuple[str, str], ...] = ()


def shape_of(text: bytes) -> Shape:
    """Read one line. Never raises: what is not understood is plain."""
    head = text[:_LOOKED_AT]
    if head.lstrip()[:1] == b"{" and (found := _json(head)) is not None:
        return found
    words = head.decode("utf-8", "replace")
    if match := _KLOG.match(words):
        return Shape("klog", _OF_KLOG[match[1]], words[match.end() :], (("at", match[2]),))
    return _logfmt(words) or Shape("plain", _named_level(words), words)


def _json(text: bytes) -> Shape | None:
    try:
        found = msgspec.json.decode(text, type=dict[str, Any])
    except (msgspec.DecodeError, RecursionError):
        return None
    level = next((_level(found[key]) for key in _LEVEL_KEYS if key in found), "")
    message = next((key for key in _MESSAGE_KEYS if isinstance(found.get(key), str)), None)
    own = {message, *_TIME_KEYS, *_LEVEL_KEYS}
    fields = tuple((key, _flat(value)) for key, value in found.items() if key not in own)[:_FIELDS]
    return Shape("json", level, found[message] if message else "", fields)


def _flat(value: Any) -> str:
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return text if len(text) <= _WORD else text[:_WORD] + "…"


def _level(value: Any) -> str:
    if isinstance(value, int):
        return _OF_NUMBER.get(value, "")
    return _LEVELS.get(value.lower(), "") if isinstance(value, str) else ""


def _logfmt(words: str) -> Shape | None:
    """Pairs from the beginning of the line to its end, at least two."""
    pairs: list[tuple[str, str]] = []
    at = 0
    while (match := _PAIR.match(words, at)) and len(pairs) < _FIELDS:
        pairs.append((match[1], _unquoted(match[2])))
        at = match.end()
    if len(pairs) < 2 or (at < len(words.rstrip()) and len(pairs) < _FIELDS):
        return None
    known = dict(pairs)
    level = next((_level(known[key]) for key in _LEVEL_KEYS if key in known), "")
    message = next((key for key in _MESSAGE_KEYS if key in known), "")
    own = {message, *_TIME_KEYS, *_LEVEL_KEYS}
    return Shape("logfmt", level, known.get(message, ""), tuple(p for p in pairs if p[0] not in own))


def _unquoted(word: str) -> str:
    return re.sub(r"\\(.)", r"\1", word[1:-1]) if word[:1] == '"' else word


def _named_level(words: str) -> str:
    head = words[:400]
    if match := _NAMED.search(head):
        return _level(match[1] or match[2])
    return "error" if _ALARM.search(head) else ""
