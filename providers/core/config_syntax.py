"""Tests of the texts the configuration holds. Each returns what was expected, or "" when the text is well."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import SplitResult, parse_qsl, urlsplit

_NAME: Final = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")
_LABEL_KEY: Final = r"([a-z0-9]([a-z0-9.-]*[a-z0-9])?/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?"
_LABEL_VALUE: Final = r"([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?"
_REQUIREMENT: Final = re.compile(
    rf"\s*(!?{_LABEL_KEY}|{_LABEL_KEY}\s*(=|==|!=)\s*{_LABEL_VALUE}"
    rf"|{_LABEL_KEY}\s+(in|notin)\s*\(\s*{_LABEL_VALUE}(\s*,\s*{_LABEL_VALUE})*\s*\))\s*"
)
_LONGEST_REGEX: Final = 500
_ESCAPE: Final = re.compile(r"\\.", re.DOTALL)
_CLASS: Final = re.compile(r"\[\^?\]?[^\]]*\]")
_INNERMOST: Final = re.compile(r"\(([^()]*)\)([*+{])?")
_PASSWORD_IN_DSN: Final = re.compile(r"\b(ssl)?password\s*=", re.IGNORECASE)
_PEER: Final = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):([0-9]{1,5})")
_BARE_ADDRESS: Final = "an address without a password; write it under its own key, as password: {env: NAME}"


def _name(text: str) -> str:
    return "" if _NAME.fullmatch(text) else "a Kubernetes name (small letters, digits, '-' and '.')"


def _selector(text: str) -> str:
    """Equality and set requirements, as kubectl -l takes them; empty is allowed."""
    # A comma inside "in (a,b)" does not separate requirements.
    parts = re.split(r",(?![^()]*\))", text) if text.strip() else []
    good = len(text) <= _LONGEST_REGEX and all(_REQUIREMENT.fullmatch(part) for part in parts)
    return "" if good else "a label selector, such as app=relayer,tier in (a,b)"


def _regex(text: str) -> str:
    if len(text) > _LONGEST_REGEX:
        return f"a regular expression of at most {_LONGEST_REGEX} characters"
    try:
        pattern = re.compile(text)
    except (re.error, OverflowError, RecursionError):
        return "a regular expression that Python's re accepts"
    if pattern.match(""):
        return "a regular expression that does not match every line (this one matches the empty text)"
    return "a regular expression without a repeat inside a repeat (it can hang on a long line)" if _nested(text) else ""


def _nested(text: str) -> bool:
    """Whether a group that repeats inside is repeated: (a+)+ needs exponential time on a line it does not fit."""
    text = _CLASS.sub("x", _ESCAPE.sub("x", text)).replace("(?", "(")
    while group := _INNERMOST.search(text):
        inside, repeat = group.groups()
        repeats = re.search(r"[*+{]", inside) is not None
        if repeats and repeat:
            return True
        text = text[: group.start()] + ("x+" if repeats else "x") + (repeat or "") + text[group.end() :]
    return False


def _split(text: str, schemes: tuple[str, ...]) -> SplitResult | None:
    try:
        parts = urlsplit(text)
        well = parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return None
    return parts if well and text.isascii() and " " not in text else None


def _url(text: str) -> str:
    parts = _split(text, ("http", "https"))
    if parts is None:
        return "an address, such as https://host:port/path"
    return _BARE_ADDRESS if parts.username is not None else ""


def _redis_url(text: str) -> str:
    parts = _split(text, ("redis", "rediss"))
    if parts is None or not re.fullmatch(r"(/[0-9]{0,5})?", parts.path):
        return "an address, such as rediss://host:6379/0"
    return _BARE_ADDRESS if parts.username is not None or parts.query else ""


def _dsn(text: str) -> str:
    if not re.match(r"postgres(ql)?://", text):
        return _BARE_ADDRESS if _PASSWORD_IN_DSN.search(text) else "" if "=" in text else _DSN_FORM
    try:
        parts = urlsplit(text)
        secret = parts.password is not None or any(_PASSWORD_IN_DSN.match(f"{k}=") for k, _ in parse_qsl(parts.query))
    except ValueError:
        return _DSN_FORM
    return _BARE_ADDRESS if secret else ""


_DSN_FORM: Final = "a conninfo string (host=… dbname=…) or a postgresql:// URL"


def _network(text: str) -> str:
    try:
        ipaddress.ip_network(text)
    except ValueError:
        return "a network, such as 10.0.0.0/16"
    return ""


def _host_rule(text: str) -> str:
    rest = re.sub(r"\{(node|internal_ip|hostname)\}", "", text)
    well = rest != text and re.fullmatch(r"[A-Za-z0-9.:_-]*", rest)
    return "" if well else "text with {node}, {internal_ip} or {hostname} in it"


def _peer(text: str) -> str:
    match = _PEER.fullmatch(text)
    if match and 0 < int(match[2]) < 65_536:
        return ""
    return _url(text) if "://" in text else "an address (https://…) or HOST:PORT"


SYNTAX: Final[Mapping[str, Callable[[str], str]]] = {
    "name": _name,
    "selector": _selector,
    "regex": _regex,
    "url": _url,
    "redis_url": _redis_url,
    "dsn": _dsn,
    "network": _network,
    "host_rule": _host_rule,
    "peer": _peer,
}
