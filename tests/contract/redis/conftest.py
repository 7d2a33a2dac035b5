"""The provider against real servers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import pytest_asyncio

from providers.core.config import Redis as Settings
from providers.core.config import Thresholds
from providers.redis.address import Through
from providers.redis.provider import Redis

Connect = Callable[..., Redis]


@pytest_asyncio.fixture(loop_scope="module")
async def connect() -> AsyncIterator[Connect]:
    """A provider by its settings; closed at the end."""
    opened: list[Redis] = []

    def provider(settings: Settings, through: Through | None = None) -> Redis:
        opened.append(Redis("test", settings, Thresholds(), through))
        return opened[-1]

    yield provider
    for redis in opened:
        await redis.__aexit__(None, None, None)
