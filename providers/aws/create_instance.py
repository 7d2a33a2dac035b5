"""A new instance in a cluster: the second step of a cluster's restore (E11), or one more reader."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from providers.aws import cli, naming
from providers.aws.birth import Birth, taken
from providers.aws.change import Request, Shown, planned
from providers.aws.databases import DatabaseReader
from providers.aws.pinning import CLUSTER, INSTANCE, pinned_cluster
from providers.aws.values import DbCluster
from providers.core.action import Action, Change, Option, Plan, Precondition, Risk, Target
from providers.core.errors import UsageError

if TYPE_CHECKING:
    from providers.aws.provider import Aws


class CreateInstance(Action):
    """The first instance of a cluster is its writer, each further one a reader."""

    id: ClassVar[str] = "create-instance"
    title: ClassVar[str] = "Create an instance in the cluster"
    risk: ClassVar[Risk] = Risk.HIGH
    rows: ClassVar[tuple[str, ...]] = ("E11",)
    kinds: ClassVar[frozenset[str]] = frozenset({CLUSTER})
    options: ClassVar[tuple[Option, ...]] = (
        Option("new_name", "Identifier of the instance.", required=True),
        Option("instance_class", "Like db.r6g.large; without it, that of the cluster's writer."),
    )

    def __init__(self, aws: Aws) -> None:
        self._aws = aws

    def hindrance(self, target: Target) -> str:
        """Known without asking: what kind of thing it is."""
        return "" if target.kind in self.kinds else "only a cluster has instances"

    async def plan(self, target: Target, options: Mapping[str, str]) -> Plan:
        """Read and judge. Raises UsageError for a name or class that makes no sense, NotFound, Denied …"""
        client = self._aws.client
        name = naming.database_name(options.get("new_name", ""))
        cluster = await pinned_cluster(client, target)
        size = options.get("instance_class") or await self._class_of(cluster)
        params = {
            "DBInstanceIdentifier": name,
            "DBClusterIdentifier": cluster.name,
            "DBInstanceClass": size,
            "Engine": cluster.engine,
        }
        request = Request("rds", "CreateDBInstance", params, f"{cluster.arn.rsplit(':', 2)[0]}:db:{name}")
        role = "reader" if cluster.members else "writer"
        blockers = [f"there is a database {name} already"] if await taken(client, INSTANCE, name) else []
        if not cluster.available:
            blockers.append(f"the cluster is {cluster.status}; wait until it is available")
        shown = Shown(
            title=f"Create {name} ({size}) as {role} of {cluster.name}",
            target=Target(CLUSTER, cluster.name, identity=cluster.identity),
            diff=tuple(Change(key, None, value) for key, value in params.items()),
            interrupts=(
                f"it becomes the {role}; the cluster goes on meanwhile",
                "it takes some minutes, and is paid for from then on",
            ),
            preconditions=(
                Precondition("resource id", cluster.resource_id, "console"),
                Precondition("name is free", name),
            ),
            inverse=cli.command(client, "rds", "DeleteDBInstance", {"DBInstanceIdentifier": name}),
            blockers=tuple(blockers),
        )
        return await planned(client, self, request, Birth(client, INSTANCE, name, cluster), shown)

    async def _class_of(self, cluster: DbCluster) -> str:
        databases = await DatabaseReader(self._aws.client, cluster=cluster.name).read()
        writer = databases.instance(cluster.writer)
        if writer is None:
            fix = "name instance_class, like db.r6g.large"
            raise UsageError("the cluster has no instance whose class could be taken", fix=fix)
        return writer.instance_class
