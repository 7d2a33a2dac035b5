"""The feed of the overview: INFO, what changed since the last one, and in a cluster every node's own."""

from __future__ import annotations

import time

from providers.core.errors import BackendError
from providers.redis.client import RedisClient
from providers.redis.cluster import Cluster
from providers.redis.info import Fields
from providers.redis.settings import setting
from providers.redis.trend import Trend
from providers.redis.values import Overview, Vitals
from providers.redis.vitals import vitals_of

EVERY = 2.0


class Watch:
    """Reads the overview; keeps the readings before, for the rates and the sparklines."""

    def __init__(self, client: RedisClient) -> None:
        self._client = client
        self._trend = Trend()
        self._cluster = Cluster(client)

    async def aclose(self) -> None:
        """Close the connections to the nodes of a cluster."""
        await self._cluster.aclose()

    async def read(self) -> Overview:
        """One reading. Raises BackendError."""
        vitals = await self.vitals()
        rates = self._trend.take(vitals, time.monotonic())
        nodes = await self._cluster.nodes() if vitals.server.mode == "cluster" else ()
        address, database = str(self._client.address), self._client.database
        return Overview(address, database, vitals, rates, self._trend.history, nodes)

    async def vitals(self) -> Vitals:
        """What INFO says now."""
        # Without the name of a section it gives all the usual ones; several names it takes only from 7.0 on.
        info = Fields.of(await self._client.ask("INFO"), self._client.source)
        return vitals_of(info, None if "maxclients" in info else await _maxclients(self._client))


async def _maxclients(client: RedisClient) -> int | None:
    try:
        return await setting(client, "maxclients")
    except BackendError:
        return None
