"""CLIENT LIST: who is connected, one by one and grouped."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Iterable
from typing import Any, Final

from providers.core.errors import Garbled
from providers.core.text import clean
from providers.redis.client import RedisClient
from providers.redis.traffic import Client, ClientGroup, Clients

EVERY = 3.0
SELDOM: Final = 10.0
"""Seconds between two readings of a list so long that making it is work for the server."""
_PART: Final = 0.02
MOST: Final = 1000
"""Connections shown one by one; the groups count all."""
IDLE: Final = 60.0
"""Seconds without a command after which a connection counts as idle."""
_SLICE: Final = 200
"""Lines read in one go: thousands of clients must not hold up the loop."""


async def watch_clients(client: RedisClient) -> AsyncGenerator[Clients, None]:
    """Yield the list again and again, the longer it takes the less often: meanwhile the server serves nobody."""
    while True:
        started = time.monotonic()
        yield await read_clients(client)
        await asyncio.sleep(min(SELDOM, max(EVERY, (time.monotonic() - started) / _PART)))


async def read_clients(client: RedisClient) -> Clients:
    """Every connection but those of replicas and of the bus. Raises Denied with the rule to grant."""
    reply = await client.ask("CLIENT", "LIST")
    if not isinstance(reply, bytes):
        raise Garbled("CLIENT LIST: the answer is no text", source=client.source)
    lines, found = reply.split(b"\n"), []
    for start in range(0, len(lines), _SLICE):
        found += [parse_client(line) for line in lines[start : start + _SLICE] if line]
        await asyncio.sleep(0)
    found.sort(key=lambda c: (not c.blocked, c.name, c.idle))
    return Clients(tuple(found[:MOST]), group(found), len(found))


def parse_client(line: bytes) -> Client:
    """One line of `key=value` words."""
    parts = dict(word.partition("=")[::2] for word in clean(line).split(" "))
    memory = parts.get("tot-mem", "")
    return Client(
        id=_whole(parts, "id"),
        name=parts.get("name", ""),
        address=parts.get("addr", ""),
        user=parts.get("user", ""),
        age=_whole(parts, "age"),
        idle=_whole(parts, "idle"),
        command=parts.get("cmd", "").replace("|", " "),
        database=_whole(parts, "db"),
        flags=parts.get("flags", ""),
        memory=int(memory) if memory.isdecimal() else None,
    )


def group(clients: Iterable[Client]) -> tuple[ClientGroup, ...]:
    """By name (or user) and host, most connections first."""
    groups: dict[tuple[str, str], list[Client]] = {}
    for client in clients:
        groups.setdefault((client.name or client.user or "(no name)", client.host), []).append(client)
    made = (
        ClientGroup(
            name=name,
            host=host,
            count=len(members),
            idle=sum(c.idle >= IDLE for c in members),
            blocked=sum(c.blocked for c in members),
            memory=sum(c.memory or 0 for c in members),
        )
        for (name, host), members in groups.items()
    )
    return tuple(sorted(made, key=lambda g: (-g.count, g.name, g.host)))


def _whole(parts: dict[Any, Any], key: str) -> int:
    text = parts.get(key, "")
    return int(text) if text.isdecimal() else 0
