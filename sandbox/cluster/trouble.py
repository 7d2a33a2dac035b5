"""What can be wrong with the API server as a whole."""

from __future__ import annotations

import asyncio
import random

from aiohttp import web

from sandbox.cluster.errors import ApiError, TooManyRequests

SLOW = 2.0


class InternalError(ApiError):
    """500."""


class Trouble:
    """Switches that the faults turn; consulted before every request."""

    def __init__(self, seed: int = 7) -> None:
        self.slow = False
        self.flaky = False
        self._dice = random.Random(seed)

    async def before(self, request: web.Request) -> None:
        """Wait, cut the connection or raise, as the switches say."""
        if self.slow:
            await asyncio.sleep(SLOW * (0.75 + self._dice.random() / 2))
        if not self.flaky:
            return
        roll = self._dice.random()
        if roll < 0.15 and request.transport is not None:
            request.transport.abort()
            raise ConnectionResetError
        if roll < 0.3:
            raise InternalError("etcdserver: request timed out")
        if roll < 0.4:
            raise TooManyRequests("too many requests, please try again later")
        if roll < 0.45:
            raise web.HTTPBadGateway(
                text="<html><body><h1>502 Bad Gateway</h1></body></html>", content_type="text/html"
            )
