"""A database that is being made: its name is free before, and afterwards it comes up."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from datetime import UTC, datetime
from typing import Final

from providers.aws.client import AwsClient
from providers.aws.databases import one_cluster, one_instance
from providers.aws.following import watched
from providers.aws.judge_databases import BROKEN
from providers.aws.pinning import CLUSTER, INSTANCE, pinned
from providers.aws.values import DbCluster, DbInstance
from providers.core.action import Progress, Stage, Target
from providers.core.check import Evidence, Finding, Verdict
from providers.core.errors import NotFound

EVERY: Final = 10.0


async def taken(client: AwsClient, kind: str, name: str) -> bool:
    """Whether there is a database of this name."""
    try:
        await pinned(client, Target(kind, name))
    except NotFound:
        return False
    return True


class Birth:
    """The course of whatever makes the database `name`, out of `source`."""

    def __init__(self, client: AwsClient, kind: str, name: str, source: DbCluster | DbInstance) -> None:
        self._client = client
        self._kind = kind
        self._name = name
        self._source = source

    async def unchanged(self) -> str:
        source = self._source
        await pinned(self._client, Target(_kind_of(source), source.name, identity=source.identity))
        return f"there is a database {self._name} already" if await taken(self._client, self._kind, self._name) else ""

    async def settled(self) -> bool | None:
        return await taken(self._client, self._kind, self._name)

    def follow(self) -> AsyncGenerator[Progress, None]:
        return watched(self._look, EVERY)

    async def _look(self, seconds: float) -> Progress:
        now = await self._seen()
        if now.available:
            return Progress(Stage.DONE, f"{now.name} is available: {now.endpoint or 'no endpoint yet'}", 1.0)
        if now.status.startswith(BROKEN):
            return Progress(Stage.FAILED, f"{now.name} is {now.status}")
        return Progress(Stage.RUNNING, f"{now.name} is {now.status}")

    async def verify(self) -> Sequence[Finding]:
        """Whether it is up."""
        now = await self._seen()
        verdict, summary = (Verdict.PASS if now.available else Verdict.WARN), f"it is {now.status}"
        if isinstance(now, DbCluster) and not now.members:
            verdict, summary = Verdict.WARN, f"{summary}, without an instance: create-instance makes one"
        evidence = Evidence(self._client.source, f"{now.arn} · {now.endpoint}", datetime.now(UTC))
        return (Finding("E11", f"{self._kind}/{now.name}", verdict, summary, (evidence,)),)

    async def _seen(self) -> DbCluster | DbInstance:
        if self._kind == CLUSTER:
            return await one_cluster(self._client, self._name)
        return await one_instance(self._client, self._name)


def _kind_of(source: DbCluster | DbInstance) -> str:
    return CLUSTER if isinstance(source, DbCluster) else INSTANCE
