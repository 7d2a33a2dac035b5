"""Every action of a cache."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from providers.redis.flush import FlushCache

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from providers.core.action import Action
    from providers.redis.provider import Redis

ACTIONS: Final = (FlushCache,)
"""In the order of the menu."""


def actions(redis: Redis) -> Sequence[Action]:
    """All of them, bound to one Redis."""
    made: Sequence[Callable[[Redis], Action]] = ACTIONS
    return tuple(make(redis) for make in made)
