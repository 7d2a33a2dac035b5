"""The database that was selected, and no other of its name."""

from __future__ import annotations

from typing import Final

from providers.aws.client import AwsClient
from providers.aws.databases import one_cluster, one_instance
from providers.aws.values import DbCluster, DbInstance
from providers.core.action import Target
from providers.core.errors import Conflict, UsageError

CLUSTER: Final = "db-cluster"
INSTANCE: Final = "db-instance"


async def pinned(client: AwsClient, target: Target) -> DbCluster | DbInstance:
    """As it is now. Raises Conflict when another has its name, NotFound, UsageError for what is no database."""
    if target.kind == CLUSTER:
        found: DbCluster | DbInstance = await one_cluster(client, target.name)
    elif target.kind == INSTANCE:
        found = await one_instance(client, target.name)
    else:
        raise UsageError(f"{target.label} is no database", fix=f"kinds: {CLUSTER}, {INSTANCE}")
    if target.identity and target.identity != found.identity:
        raise Conflict(
            f"{target.label} was deleted and made anew since it was selected",
            source=client.source,
            fix="select it again",
        )
    return found


async def pinned_cluster(client: AwsClient, target: Target) -> DbCluster:
    """The same for what only a cluster can do."""
    found = await pinned(client, target)
    if not isinstance(found, DbCluster):
        raise UsageError(f"{target.label} is no cluster", fix=f"kind: {CLUSTER}")
    return found
