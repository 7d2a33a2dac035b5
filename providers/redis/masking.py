"""Commands as they may be shown: secrets masked, what they carry reduced to its size, the rest cut."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from providers.core.secret import MASK, redact
from providers.core.text import clean

LONGEST_WORD: Final = 64
LONGEST: Final = 200
_SECRET_SETTINGS: Final = ("pass", "auth", "secret", "token")
Words = Sequence[str]
_MORE_WORDS: Final = re.compile(r"\.\.\. \((\d+) more arguments\)")
_MORE_BYTES: Final = re.compile(r"\.\.\. \((\d+) more bytes\)$")


def shown(words: Words) -> str:
    """One line. The server masks most secrets itself from 6.2 on; older ones and modules do not."""
    if not words:
        return ""
    mask = _MASKS.get(words[0].lower(), _unchanged)
    return clean(redact(" ".join(clean(word, LONGEST_WORD) for word in mask(words))), LONGEST)


def _unchanged(words: Words) -> Words:
    return words


def _all(words: Words) -> Words:
    return (words[0], *(MASK for _ in words[1:]))


def _after_auth(words: Words) -> Words:
    """HELLO and MIGRATE: what comes after AUTH (a user's name is masked, too) until the next option."""
    at = next((i for i, word in enumerate(words) if word.lower() in {"auth", "auth2"}), len(words))
    return (*words[: at + 1], *(MASK for _ in words[at + 1 : at + 3]), *words[at + 3 :])


def _config(words: Words) -> Words:
    """CONFIG SET and SENTINEL SET: the value after each name that speaks of a secret."""
    names = ("", *words)
    return [MASK if _secret(name) and i > 2 else word for i, (name, word) in enumerate(zip(names, words, strict=False))]


def _acl(words: Words) -> Words:
    """ACL SETUSER: passwords begin with '>' or '<', their digests with '#' or '!'."""
    return [word[:1] + MASK if i > 2 and word[:1] in {">", "<", "#", "!"} else word for i, word in enumerate(words)]


def _secret(name: str) -> bool:
    return any(part in name.lower() for part in _SECRET_SETTINGS)


def _carrying(first: int) -> Callable[[Words], Words]:
    """A command that writes values from word `first` on: what is slow is their size, what is private is in them."""

    def sizes(words: Words) -> Words:
        carried = words[first:]
        if not carried:
            return words
        return (*words[:first], f"({_count(carried)})")

    return sizes


def _count(carried: Words) -> str:
    """How much it was. The server itself cuts: a long word ends, and a long list is one word, with how much more."""
    more = _MORE_WORDS.fullmatch(carried[-1])
    count = len(carried) - 1 + int(more[1]) if more else len(carried)
    if count > 1:
        return f"{count} words"
    cut = _MORE_BYTES.search(carried[0])
    return f"{len(carried[0]) - len(cut[0]) + int(cut[1]) if cut else len(carried[0])} bytes"


_MASKS: Final[Mapping[str, Callable[[Words], Words]]] = {
    "auth": _all, "hello": _after_auth, "migrate": _after_auth, "config": _config, "sentinel": _config, "acl": _acl,
    "set": _carrying(2), "setnx": _carrying(2), "getset": _carrying(2), "append": _carrying(2), "setex": _carrying(3),
    "psetex": _carrying(3), "setrange": _carrying(3), "hset": _carrying(2), "hmset": _carrying(2),
    "hsetnx": _carrying(3), "mset": _carrying(1), "msetnx": _carrying(1), "lpush": _carrying(2), "rpush": _carrying(2),
    "lset": _carrying(3), "sadd": _carrying(2), "zadd": _carrying(2), "xadd": _carrying(3), "publish": _carrying(2),
    "spublish": _carrying(2), "restore": _carrying(3), "eval": _carrying(2), "eval_ro": _carrying(2),
    "function": _carrying(2), "script": _carrying(2),
}  # fmt: skip
