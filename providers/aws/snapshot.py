"""A manual snapshot of a database (E10, C03)."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar, Final

from providers.aws import cli, convert, naming
from providers.aws.change import Request, Shown, planned
from providers.aws.client import AwsClient
from providers.aws.following import watched
from providers.aws.pinning import CLUSTER, INSTANCE, pinned
from providers.aws.values import Database, DbInstance, Snapshot
from providers.core.action import Action, Change, Option, Plan, Precondition, Progress, Risk, Stage, Target
from providers.core.check import Evidence, Finding, Verdict
from providers.core.errors import NotFound

if TYPE_CHECKING:
    from providers.aws.provider import Aws

EVERY: Final = 5.0


class SnapshotDatabase(Action):
    """Keep the database as it is now, under a name of its own."""

    id: ClassVar[str] = "snapshot-database"
    title: ClassVar[str] = "Take a snapshot"
    risk: ClassVar[Risk] = Risk.LOW
    rows: ClassVar[tuple[str, ...]] = ("E10", "C03")
    kinds: ClassVar[frozenset[str]] = frozenset({CLUSTER, INSTANCE})
    options: ClassVar[tuple[Option, ...]] = (
        Option("name", "Identifier of the snapshot; without it, the database's name and the time."),
        Option("tags", "Tags, like incident=INC-42, by=ann."),
    )

    def __init__(self, aws: Aws) -> None:
        self._aws = aws

    def hindrance(self, target: Target) -> str:
        """Known without asking: what kind of thing it is, and whether a cluster holds its data."""
        if target.kind not in self.kinds:
            return "only databases have snapshots"
        known = self._aws.databases.latest.value
        instance = known.instance(target.name) if known and target.kind == INSTANCE else None
        return f"its data is that of cluster {instance.cluster}: take that" if instance and instance.cluster else ""

    async def plan(self, target: Target, options: Mapping[str, str]) -> Plan:
        """Read and judge. Raises UsageError for a name or tag that is none, NotFound, Denied …"""
        client = self._aws.client
        database = await pinned(client, target)
        name = options.get("name") or _suggested(database)
        name = naming.snapshot_name(name, of_cluster=not isinstance(database, DbInstance))
        tags = [{"Key": "TakenBy", "Value": "fusion-console"}, *naming.tags(options.get("tags", ""))]
        course = Taking(client, database, name)
        request = course.request(tags)
        blockers = [] if await course.settled() is False else [f"there is a snapshot {name} already"]
        if isinstance(database, DbInstance) and database.cluster:
            blockers.append(f"its data is that of cluster {database.cluster}: take a snapshot of that")
        if not database.available:
            blockers.append(f"the database is {database.status}; wait until it is available")
        shown = Shown(
            title=f"Snapshot {target.label} as {name}",
            target=Target(target.kind, database.name, identity=database.identity),
            diff=(Change("snapshot", None, name), *(Change(f"tag {t['Key']}", None, t["Value"]) for t in tags)),
            interrupts=(_pause(database), "it is kept, and paid for, until somebody deletes it"),
            preconditions=(
                Precondition("resource id", database.resource_id, "console"),
                Precondition("name is free", name),
            ),
            inverse=cli.command(client, "rds", course.deletion, {course.key: name}),
            blockers=tuple(blockers),
        )
        return await planned(client, self, request, course, shown)


class Taking:
    """One snapshot, by its name."""

    def __init__(self, client: AwsClient, database: Database, name: str) -> None:
        self._client = client
        self._database = database
        self._name = name
        self._kind = "DB" if isinstance(database, DbInstance) else "DBCluster"
        self.key = f"{self._kind}SnapshotIdentifier"
        self.deletion = f"Delete{self._kind}Snapshot"

    def request(self, tags: list[dict[str, str]]) -> Request:
        of = "DBInstanceIdentifier" if self._kind == "DB" else "DBClusterIdentifier"
        params: dict[str, Any] = {of: self._database.name, self.key: self._name, "Tags": tags}
        return Request("rds", f"Create{self._kind}Snapshot", params, self._database.arn)

    async def unchanged(self) -> str:
        kind = INSTANCE if self._kind == "DB" else CLUSTER
        await pinned(self._client, Target(kind, self._database.name, identity=self._database.identity))
        return f"there is a snapshot {self._name} already" if await self.settled() else ""

    async def settled(self) -> bool | None:
        try:
            await self._seen()
        except NotFound:
            return False
        return True

    def follow(self) -> AsyncGenerator[Progress, None]:
        return watched(self._look, EVERY)

    async def _look(self, _: float) -> Progress:
        now = await self._seen()
        if now.status == "available":
            return Progress(Stage.DONE, f"{now.name} is available ({now.size} GiB)", 1.0)
        if now.status in {"failed", "deleting", "deleted"}:
            return Progress(Stage.FAILED, f"{now.name} is {now.status}")
        return Progress(Stage.RUNNING, f"{now.name} is {now.status}: {now.progress or 0} %", (now.progress or 0) / 100)

    async def verify(self) -> Sequence[Finding]:
        """The snapshot as it is now."""
        now = await self._seen()
        verdict = Verdict.PASS if now.status == "available" else Verdict.WARN
        quote = f"{now.arn} · {'encrypted' if now.encrypted else 'not encrypted'}"
        evidence = Evidence(self._client.source, quote, datetime.now(UTC))
        return (Finding("E10", f"snapshot/{now.name}", verdict, f"it is {now.status}", (evidence,)),)

    async def _seen(self) -> Snapshot:
        answer = await self._client.read("rds", f"Describe{self._kind}Snapshots", **{self.key: self._name})
        found = answer.get(f"{self._kind}Snapshots") or ()
        if not found:
            raise NotFound(f"there is no snapshot {self._name}", source=self._client.source)
        return convert.snapshot(found[0])


def _suggested(database: Database) -> str:
    """The database's name and the time, within what the name of a cluster's snapshot may have."""
    stamp = f"-{datetime.now(UTC):%Y%m%d-%H%M%S}"
    return database.name[: naming.DATABASE_LENGTH - len(stamp)].rstrip("-") + stamp


def _pause(database: Database) -> str:
    if isinstance(database, DbInstance) and not database.multi_az:
        return "a single-AZ instance may pause its I/O for a moment when the snapshot begins"
    return "the database goes on as ever"
