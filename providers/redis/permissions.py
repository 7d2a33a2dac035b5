"""What the console's user may do: reading is tried, the change is asked about without making it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from providers.core.errors import BackendError, Denied
from providers.core.provider import Permit
from providers.core.text import clean
from providers.redis.client import RedisClient
from providers.redis.wire import Command

FLUSH: Final = "+flushdb"
_ABSENT: Final = "fusion-console:no-such-key"
_READS: Final[tuple[tuple[str, Command], ...]] = (
    ("+ping", ("PING",)),
    ("+info", ("INFO", "server")),
    ("+acl|whoami", ("ACL", "WHOAMI")),
    ("+config|get", ("CONFIG", "GET", "maxclients")),
    ("+client|list", ("CLIENT", "LIST", "ID", 0)),
    ("+slowlog|get", ("SLOWLOG", "GET", 1)),
    ("+latency|latest", ("LATENCY", "LATEST")),
    ("+dbsize", ("DBSIZE",)),
    ("+randomkey", ("RANDOMKEY",)),
    ("+scan", ("SCAN", 0, "COUNT", 1)),
    ("+memory|usage", ("MEMORY", "USAGE", _ABSENT)),
    ("+type", ("TYPE", _ABSENT)),
    ("+pttl", ("PTTL", _ABSENT)),
)
"""The rule that grants it, and a form of the command that costs the server nothing."""


async def permits(client: RedisClient) -> Sequence[Permit]:
    """Every right the console would use. Raises nothing: what could not be asked says why."""
    try:
        replies = await client.ask_all([command for _, command in _READS])
    except BackendError as error:
        return [Permit(rule, None, error.message) for rule in (*(rule for rule, _ in _READS), FLUSH)]
    found = [_permit(rule, reply) for (rule, _), reply in zip(_READS, replies, strict=True)]
    return (*found, Permit(FLUSH, *await may_flush(client)))


def _permit(rule: str, reply: Any) -> Permit:
    if isinstance(reply, Denied):
        return Permit(rule, False, reply.fix)
    # Refused for another reason, such as a subcommand that an older server lacks: the right is not what is missing.
    return Permit(rule, True)


async def may_flush(client: RedisClient) -> tuple[bool | None, str]:
    """Whether FLUSHDB is allowed, by ACL DRYRUN (7.0) or else by the user's rules; (None, why) when neither tells."""
    try:
        user = await client.who_am_i()
        dry, rules = await client.ask_all([("ACL", "DRYRUN", user, "FLUSHDB", "ASYNC"), ("ACL", "GETUSER", user)])
    except BackendError as error:
        return None, error.message
    if isinstance(dry, bytes):
        return (True, "") if dry == b"OK" else (False, f"on the server: ACL SETUSER {user} {FLUSH}")
    if isinstance(rules, list):
        allowed = allows_flush(_commands(rules))
        return allowed, "" if allowed else f"on the server: ACL SETUSER {user} {FLUSH}"
    return None, f"cannot be asked: {dry.message} ({dry.fix})" if dry.fix else f"cannot be asked: {dry.message}"


def _commands(rules: list[Any]) -> str:
    """The rules for commands in the reply of ACL GETUSER: ["flags", [...], …, "commands", "-@all +get", …]."""
    return next((clean(value) for key, value in zip(rules[::2], rules[1::2], strict=False) if key == b"commands"), "")


def allows_flush(rules: str) -> bool:
    """What the rules for commands come to for FLUSHDB: they are applied in order, the last that touches it counts."""
    touching = {"flushdb", "@all", "@keyspace", "@write", "@slow", "@dangerous"}
    words = ({"allcommands": "+@all", "nocommands": "-@all"}.get(word, word) for word in rules.lower().split())
    return [word[0] for word in words if word[1:] in touching][-1:] == ["+"]
