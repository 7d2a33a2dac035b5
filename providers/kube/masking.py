"""Which values look like secrets, by their name or by themselves."""

from __future__ import annotations

import re

from providers.core.secret import MASK
from providers.core.text import clean

_NAME = re.compile(
    r"(?i)(pass(word|wd|phrase)?|secret|token|credential|private|signing|mnemonic|seed|dsn|auth|api[_-]?key|_key$|^key$)"
)
_VALUE = re.compile(
    r"(-----BEGIN [A-Z ]*PRIVATE KEY|AKIA[0-9A-Z]{16}|eyJ[\w-]{10,}\.[\w-]{10,}|://[^/\s:@]*:[^/\s@]+@"
    r"|\b[0-9a-fA-F]{40,}\b|\b[A-Za-z0-9+/]{44,}={0,2}(?=\s|$))"
)


def looks_secret(name: str, value: str) -> bool:
    """By its name (PASSWORD, TOKEN …) or its shape (keys, JWTs, addresses with a password in them)."""
    return bool(_NAME.search(name) or _VALUE.search(value))


def masked(name: str, value: str) -> str:
    """The value cleaned for the screen, or the mask."""
    return MASK if looks_secret(name, value) else clean(value)
