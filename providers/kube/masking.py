"""Which values look like secrets, by their name or by themselves."""

from __future__ import annotations

import re
from typing import Final

from providers.core.secret import MASK
from providers.core.text import clean

_NAME: Final = re.compile(
    r"(?i)(pass(word|wd|phrase)|(^|_)pass(_|$)|secret|token|credential|private|signing|mnemonic|(^|_)seed(_|$)|dsn"
    r"|(^|_)auth(?!or)|api[_-]?key|[_-]key$|^key$|webhook)"
)
_CERTAIN: Final = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY|A[KS]IA[0-9A-Z]{16}|eyJ[\w-]{10,}\.[\w-]{10,}|://[^/\s:@]*:[^/\s@]+@"
    r"|gh[pousr]_\w{30,}|xox[abprs]-[\w-]{10,}|hooks\.slack\.com/services/\S+"
)
"""Shapes that nothing but a secret has."""
_OPAQUE: Final = re.compile(r"\b(?:0x)?[0-9a-fA-F]{40,}\b|(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{44,}={0,2}(?=\s|$)")
"""Long hex or base64: a key, or only a hash. Whoever reads a variable's value must not find out which."""
_SAID: Final = re.compile(
    r"(?P<certain>-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)"
    r"|A[KS]IA[0-9A-Z]{16}|eyJ[\w-]{10,}\.[\w.-]{10,}|gh[pousr]_\w{30,}|xox[abprs]-[\w-]{10,}"
    r"|hooks\.slack\.com/services/\S+)"
    r"|(?P<login>://[^/\s:@]*:)[^/\s@]+(?=@)"
    r"|(?P<named>(?i:password|passwd|passphrase|secret|token|api[_-]?key|mnemonic)[\"']?\s*[=:]\s*)"
    r"(?:\"[^\"]*\"?|'[^']*'?|[^\s\"',;&]+)",
    re.DOTALL,
)


def looks_secret(name: str, value: str) -> bool:
    """By its name (PASSWORD, TOKEN …) or its shape (keys, JWTs, addresses with a password in them, long hex)."""
    return bool(_NAME.search(name) or _CERTAIN.search(value) or _OPAQUE.search(value))


def masked(name: str, value: str) -> str:
    """The value cleaned for the screen, or the mask."""
    return MASK if looks_secret(name, value) else clean(value)


def scrubbed(text: str) -> str:
    """Free text (a command, a manifest's value) with what is certainly secret in it masked; hashes stay readable."""
    return _SAID.sub(lambda m: f"{m['login'] or m['named'] or ''}{MASK}", text)
