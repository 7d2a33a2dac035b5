"""Parameter groups that are in use, and what in them was set by hand."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final

from providers.aws import raw as of
from providers.aws.client import AwsClient
from providers.aws.databases import DatabaseReader
from providers.aws.raw import Raw
from providers.aws.values import Databases, Parameter, ParameterGroup

MOST_PARAMETERS: Final = 1000
Uses = Mapping[tuple[str, str], tuple[tuple[str, str], ...]]
"""(kind, group) to where it is used and whether it took effect there."""
_CALLS: Final = {
    "cluster": ("rds", "DescribeDBClusterParameters", "DBClusterParameterGroupName"),
    "instance": ("rds", "DescribeDBParameters", "DBParameterGroupName"),
    "cache": ("elasticache", "DescribeCacheParameters", "CacheParameterGroupName"),
}


async def db_parameters(client: AwsClient, reader: DatabaseReader) -> tuple[ParameterGroup, ...]:
    """Each group the databases use, with what differs from the default."""
    uses = uses_of(await reader.recent.get())
    return tuple(await asyncio.gather(*(group_of(client, kind, name, uses) for kind, name in sorted(uses))))


def uses_of(databases: Databases) -> Uses:
    """Which groups are used, and by whom."""
    uses: dict[tuple[str, str], tuple[tuple[str, str], ...]] = {}
    for cluster in databases.clusters:
        key = ("cluster", cluster.parameter_group)
        members = tuple((member.instance, member.parameter_status) for member in cluster.members)
        uses[key] = uses.get(key, ()) + (members or ((cluster.name, ""),))
    for instance in databases.instances:
        for applied in instance.parameter_groups:
            key = ("instance", applied.name)
            uses[key] = (*uses.get(key, ()), (instance.name, applied.status))
    return {key: used for key, used in uses.items() if key[1]}


async def group_of(client: AwsClient, kind: str, name: str, uses: Uses) -> ParameterGroup:
    """One group with what was set by hand. A default group has nothing of the kind, and is not asked."""
    used = uses.get((kind, name), ())
    if name.startswith("default."):
        return ParameterGroup(name=name, kind=kind, used_by=used)
    service, operation, key = _CALLS[kind]
    found = await client.pages(service, operation, "Parameters", MOST_PARAMETERS, **{key: name, "Source": "user"})
    by_hand = (parameter(raw) for raw in found.items if of.text(raw, "Source") in {"", "user"})
    return ParameterGroup(name=name, kind=kind, parameters=tuple(by_hand), used_by=used, complete=found.complete)


async def all_parameters(client: AwsClient, kind: str, name: str) -> tuple[Parameter, ...]:
    """Every parameter of a group, defaults too."""
    service, operation, key = _CALLS[kind]
    found = await client.pages(service, operation, "Parameters", MOST_PARAMETERS, **{key: name})
    return tuple(parameter(raw) for raw in found.items)


def parameter(raw: Raw) -> Parameter:
    """A parameter of RDS (ApplyType) or ElastiCache (ChangeType)."""
    change = of.text(raw, "ChangeType")
    static = {"requires-reboot": "static", "immediate": "dynamic"}.get(change, change)
    return Parameter(
        name=of.text(raw, "ParameterName"),
        value=None if raw.get("ParameterValue") is None else of.text(raw, "ParameterValue"),
        allowed=of.text(raw, "AllowedValues", 2000),
        data_type=of.text(raw, "DataType"),
        apply_type=of.text(raw, "ApplyType") or static,
        # Absent says nothing: servers in AWS's place leave it out, and AWS itself refuses what cannot be changed.
        modifiable=raw.get("IsModifiable") is not False,
        source=of.text(raw, "Source"),
        description=of.text(raw, "Description"),
    )
