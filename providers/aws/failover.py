"""Failover of a database cluster to a reader (E09)."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, ClassVar, Final

from providers.aws import cli, preflight
from providers.aws.change import Request, Shown, planned
from providers.aws.client import AwsClient
from providers.aws.databases import DatabaseReader, one_cluster, one_instance
from providers.aws.following import watched
from providers.aws.judge_databases import judge_lag, judge_status
from providers.aws.pinning import CLUSTER, pinned_cluster
from providers.aws.values import AVAILABLE, DbCluster
from providers.core.action import Action, Change, Option, Plan, Precondition, Progress, Risk, Stage, Target
from providers.core.check import Finding
from providers.core.config import Thresholds
from providers.core.errors import FusionError

if TYPE_CHECKING:
    from providers.aws.provider import Aws

LongTransactions = Callable[[], Awaitable[Sequence[str]]]
"""The long transactions of the writer, one sentence each; given by whoever can ask the database itself."""
Resolve = Callable[[str], frozenset[str]]
LOOKUP: Final = 3.0
_IDLE: Final = 180.0
"""Seconds after which a cluster that still has its old writer will not change any more."""
_DNS: Final = 90.0


class FailOver(Action):
    """Make a reader the writer. One request, followed until the writer changed and the endpoint leads to it."""

    id: ClassVar[str] = "fail-over"
    title: ClassVar[str] = "Fail over to a reader"
    risk: ClassVar[Risk] = Risk.HIGH
    rows: ClassVar[tuple[str, ...]] = ("E09", "E08")
    kinds: ClassVar[frozenset[str]] = frozenset({CLUSTER})
    options: ClassVar[tuple[Option, ...]] = (
        Option("target_instance", "Reader that takes over; without it AWS goes by promotion tier."),
    )

    def __init__(self, aws: Aws) -> None:
        self._aws = aws

    def hindrance(self, target: Target) -> str:
        """Known without asking: whether there is a reader."""
        if target.kind not in self.kinds:
            return "only a database cluster can fail over"
        known = self._aws.databases.latest.value
        cluster = known.cluster(target.name) if known else None
        return "it has no reader to fail over to" if cluster and not cluster.readers else ""

    async def plan(self, target: Target, options: Mapping[str, str]) -> Plan:
        """Read and judge. Raises UsageError for a reader that is none, NotFound, Denied …"""
        client, limits = self._aws.client, self._aws.thresholds
        cluster = await pinned_cluster(client, target)
        databases = await DatabaseReader(client, cluster=cluster.name).read()
        wanted = options.get("target_instance", "")
        heir = preflight.successor(cluster, databases, wanted)
        params = {"DBClusterIdentifier": cluster.name} | ({"TargetDBInstanceIdentifier": wanted} if wanted else {})
        request = Request("rds", "FailoverDBCluster", params, cluster.arn)
        after = wanted or (heir.instance.name if heir.instance else "the reader AWS chooses")
        back = {"DBClusterIdentifier": cluster.name, "TargetDBInstanceIdentifier": cluster.writer}
        shown = Shown(
            title=f"Fail over {cluster.name}: {cluster.writer or 'no writer'} → {after}",
            target=Target(CLUSTER, cluster.name, identity=cluster.identity),
            diff=(Change("writer", cluster.writer or None, after),),
            interrupts=preflight.concerns(cluster, databases, heir, limits, await self._transactions()),
            preconditions=(
                Precondition("resource id", cluster.resource_id, "console"),
                Precondition("writer", cluster.writer, "console"),
                Precondition("status", AVAILABLE),
            ),
            inverse=cli.command(client, request.service, request.operation, back) if cluster.writer else "",
            blockers=preflight.blockers(cluster, heir),
        )
        return await planned(client, self, request, Failover(client, cluster, wanted, limits), shown)

    async def _transactions(self) -> Sequence[str] | None:
        """What is open on the writer; None: nobody can tell. The database may be what is ill: it is not waited for."""
        if self._aws.transactions is None:
            return None
        try:
            async with asyncio.timeout(LOOKUP):
                return await self._aws.transactions()
        except (FusionError, TimeoutError):
            return None


class Failover:
    """One failover: what was, and what is wanted ("" for the target: whatever AWS chooses)."""

    def __init__(
        self, client: AwsClient, before: DbCluster, wanted: str, limits: Thresholds, resolve: Resolve | None = None
    ) -> None:
        self._client = client
        self._before = before
        self._wanted = wanted
        self._limits = limits
        # Where something else stands in AWS's place, its names lead nowhere.
        self._resolve = resolve or (_nowhere if client.settings.endpoint_url else addresses)

    async def unchanged(self) -> str:
        now = await one_cluster(self._client, self._before.name)
        if now.resource_id != self._before.resource_id:
            return f"{now.name} was deleted and made anew"
        if now.writer != self._before.writer:
            return f"the writer is now {now.writer or 'nobody'}, and was {self._before.writer or 'nobody'}"
        if not now.available:
            return f"the cluster is {now.status}"
        if self._wanted and self._wanted not in {reader.instance for reader in now.readers}:
            return f"{self._wanted} is no reader any more"
        return ""

    async def settled(self) -> bool | None:
        now = await one_cluster(self._client, self._before.name)
        if now.resource_id != self._before.resource_id:
            return None
        return now.writer != self._before.writer or now.status == "failing-over"

    def follow(self) -> AsyncGenerator[Progress, None]:
        return watched(self._look)

    async def _look(self, seconds: float) -> Progress:
        now = await one_cluster(self._client, self._before.name)
        if now.writer == self._before.writer:
            if now.available and seconds > _IDLE:
                return Progress(Stage.STUCK, f"the writer is still {now.writer} after {seconds:.0f} s")
            return Progress(Stage.RUNNING, f"{now.status}; the writer is still {now.writer}", 0.1)
        if not now.available or not now.writer:
            return Progress(Stage.RUNNING, f"the writer is now {now.writer or 'nobody'}; {now.status}", 0.6)
        if self._wanted and now.writer != self._wanted:
            return Progress(Stage.FAILED, f"{now.writer} became the writer, not {self._wanted}")
        said = f"the writer is now {now.writer}; {now.status}"
        leads = await self._endpoint_leads_to(now)
        if leads is False:
            stage = Stage.RUNNING if seconds < _DNS else Stage.STUCK
            return Progress(stage, f"{said}; {now.endpoint} still leads elsewhere", 0.9)
        seen = (
            f"{now.endpoint} leads to it" if leads else f"whether {now.endpoint} leads to it cannot be seen from here"
        )
        return Progress(Stage.DONE, f"{said}; {seen}", 1.0)

    async def _endpoint_leads_to(self, cluster: DbCluster) -> bool | None:
        """Whether the cluster's name resolves to its writer, from here; None: one of them does not resolve."""
        writer = await one_instance(self._client, cluster.writer)
        if not cluster.endpoint or not writer.endpoint:
            return None
        try:
            named, meant = await self._client.in_thread(
                lambda: (self._resolve(cluster.endpoint), self._resolve(writer.endpoint)), LOOKUP
            )
        except (OSError, UnicodeError):
            return None
        return bool(named & meant) if named and meant else None

    async def verify(self) -> Sequence[Finding]:
        """The cluster, its members and their lag, as they are now."""
        databases = await DatabaseReader(self._client, cluster=self._before.name).read()
        source, now = self._client.source, datetime.now(UTC)
        each = (*databases.clusters, *databases.instances)
        status = [judge_status(database, self._limits, source, now) for database in each]
        return status + judge_lag(databases, self._limits, source, now)


def addresses(host: str) -> frozenset[str]:
    """What a name resolves to, from here. Raises OSError."""
    return frozenset(str(found[4][0]) for found in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM))


def _nowhere(_: str) -> frozenset[str]:
    return frozenset()
