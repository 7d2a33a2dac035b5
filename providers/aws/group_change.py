"""The parameter group behind a database or a cache, and one change to it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from providers.aws import caches, parameters
from providers.aws.change import Request
from providers.aws.client import AwsClient
from providers.aws.databases import DatabaseReader
from providers.aws.following import watched
from providers.aws.judge_databases import judge_applied
from providers.aws.pinning import CLUSTER, pinned
from providers.aws.values import DbCluster, Parameter
from providers.core.action import Progress, Stage, Target
from providers.core.check import Finding
from providers.core.errors import Conflict, NotFound, UsageError
from providers.core.text import clean

EVERY: Final = 5.0
_ROWS: Final = {"cluster": "D07", "instance": "D07", "cache": "R07"}
_KEYS: Final = {
    "cluster": ("rds", "DBClusterParameterGroup"),
    "instance": ("rds", "DBParameterGroup"),
    "cache": ("elasticache", "CacheParameterGroup"),
}


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """A parameter group as it is used. `kind` is cluster, instance or cache; `users` is (where, apply status)."""

    name: str
    kind: str
    arn: str
    target: Target
    users: tuple[tuple[str, str], ...]
    complete: bool = True

    @property
    def default(self) -> bool:
        return self.name.startswith("default.")

    def request(self, parameter: Parameter, value: str) -> Request:
        """Set it. Only a dynamic one can take effect at once; RDS refuses that of a static one."""
        service, noun = _KEYS[self.kind]
        entry: dict[str, str] = {"ParameterName": parameter.name, "ParameterValue": value}
        if service == "rds":
            entry["ApplyMethod"] = "immediate" if parameter.apply_type == "dynamic" else "pending-reboot"
        field = "Parameters" if service == "rds" else "ParameterNameValues"
        return Request(service, f"Modify{noun}", {f"{noun}Name": self.name, field: [entry]}, self.arn)

    def reset(self, parameter: Parameter) -> Request:
        """Back to the engine's default."""
        service, noun = _KEYS[self.kind]
        entry: dict[str, Any] = {"ParameterName": parameter.name}
        if service == "rds":
            entry["ApplyMethod"] = "immediate" if parameter.apply_type == "dynamic" else "pending-reboot"
        field = "Parameters" if service == "rds" else "ParameterNameValues"
        return Request(service, f"Reset{noun}", {f"{noun}Name": self.name, field: [entry]}, self.arn)


class GroupChange:
    """One parameter of one group, from its old value to a new one."""

    def __init__(self, client: AwsClient, group: Group, old: Parameter, value: str) -> None:
        self._client = client
        self._group = group
        self._old = old
        self._value = value
        self.request = group.request(old, value)

    async def unchanged(self) -> str:
        now = await self._now()
        if now.value != self._old.value:
            return f"{now.name} is now {now.value}, and was {self._old.value}"
        group = await self._group_now()
        return "" if group.name == self._group.name else f"it uses the group {group.name} now, not {self._group.name}"

    async def settled(self) -> bool | None:
        now = await self._now()
        if now.value == self._value:
            return True
        return False if now.value == self._old.value else None

    def follow(self) -> AsyncGenerator[Progress, None]:
        return watched(self._look, EVERY)

    async def _look(self, _: float) -> Progress:
        now = await self._now()
        if now.value != self._value:
            return Progress(Stage.RUNNING, f"{now.name} is {now.value}", 0.2)
        users = (await self._group_now()).users
        if busy := [name for name, status in users if status == "applying"]:
            return Progress(Stage.RUNNING, f"{now.name} is being applied to {', '.join(busy)}", 0.6)
        waiting = [name for name, status in users if status == "pending-reboot"]
        dynamic = self._old.apply_type == "dynamic"
        if waiting or not dynamic:
            where = ", ".join(waiting or [name for name, _ in users]) or "whatever uses it"
            return Progress(Stage.DONE, f"{now.name} is set to {now.value}; it waits for a reboot of {where}", 1.0)
        return Progress(Stage.DONE, f"{now.name} is {now.value} everywhere", 1.0)

    async def verify(self) -> Sequence[Finding]:
        """Whether the group is in sync wherever it is used."""
        group = await self._group_now()
        uses = [(name, group.name, status) for name, status in group.users]
        row, kind = _ROWS[group.kind], self._group.target.kind
        where = "db-instance" if group.kind == "cluster" else kind
        return judge_applied(row, where, uses, self._client.source, datetime.now(UTC))

    async def _group_now(self) -> Group:
        if self._group.kind == "cache":
            return await cache_group(self._client, self._group.target)
        return await database_group(self._client, self._group.target)

    async def _now(self) -> Parameter:
        known = await parameters.all_parameters(self._client, self._group.kind, self._group.name)
        found = next((parameter for parameter in known if parameter.name == self._old.name), None)
        if found is None:
            raise NotFound(f"{self._group.name} has no parameter {self._old.name}", source=self._client.source)
        return found


async def database_group(client: AwsClient, target: Target) -> Group:
    """The group of a cluster, or of an instance, and all that use it. Raises NotFound, Conflict …"""
    database = await pinned(client, target)
    if isinstance(database, DbCluster):
        kind, name = "cluster", database.parameter_group
    else:
        kind, name = "instance", database.parameter_groups[0].name if database.parameter_groups else ""
    if not name:
        raise UsageError(f"{target.label} has no parameter group", fix="choose another target")
    everything = await DatabaseReader(client).inventory()
    pinned_target = Target(target.kind, database.name, identity=database.identity)
    users = parameters.uses_of(everything).get((kind, name), ())
    arn = f"{database.arn.rsplit(':', 2)[0]}:{'cluster-pg' if target.kind == CLUSTER else 'pg'}:{name}"
    return Group(name=name, kind=kind, arn=arn, target=pinned_target, users=users, complete=everything.complete)


async def cache_group(client: AwsClient, target: Target) -> Group:
    """The group of a cache, and all that use it. Raises NotFound, Conflict …"""
    everything = await caches.read_caches(client, everything=True)
    cluster = everything.cluster(target.name)
    if cluster is None:
        raise NotFound(f"there is no cache {clean(target.name, 80)}", source=client.source)
    if target.identity and target.identity != cluster.identity:
        raise Conflict(f"{target.label} is another now", source=client.source, fix="select it again")
    if not cluster.parameter_group:
        raise UsageError(f"{target.label} tells no parameter group", fix="the endpoint does not offer it")
    name = cluster.parameter_group
    arn = f"{cluster.arn.rsplit(':', 2)[0]}:parametergroup:{name}"
    users = caches.uses_of(everything).get(("cache", name), ())
    pinned_target = Target(target.kind, cluster.name, identity=cluster.identity)
    return Group(name=name, kind="cache", arn=arn, target=pinned_target, users=users, complete=everything.complete)
