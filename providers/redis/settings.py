"""Single settings of the server (CONFIG GET), which a managed one or a user's rights may keep to themselves."""

from __future__ import annotations

from providers.core.errors import Denied, Garbled, Invalid, NotFound
from providers.core.text import clean
from providers.redis.client import RedisClient


async def setting(client: RedisClient, name: str) -> int | None:
    """The number, or None when the server does not tell. Raises Unreachable, TimedOut …"""
    try:
        reply = await client.ask("CONFIG", "GET", name)
    except (Denied, NotFound, Invalid):
        return None
    if not isinstance(reply, list) or len(reply) != 2:
        return None
    try:
        return int(clean(reply[1], 40))
    except (TypeError, ValueError):
        raise Garbled(f"CONFIG GET {name}: the answer is no number", source=client.source) from None
