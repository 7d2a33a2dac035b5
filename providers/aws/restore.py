"""Restore of a database to a moment, into a new one (E11): never over the source."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar, Final

from providers.aws import cli, naming
from providers.aws.birth import Birth, taken
from providers.aws.change import Request, Shown, planned
from providers.aws.client import AwsClient
from providers.aws.history import window_of
from providers.aws.pinning import CLUSTER, INSTANCE, pinned
from providers.aws.values import DbCluster, DbInstance, Window
from providers.core.action import Action, Change, Option, Plan, Precondition, Risk, Target
from providers.core.errors import UsageError

if TYPE_CHECKING:
    from providers.aws.provider import Aws

LATEST: Final = "latest"


class RestoreDatabase(Action):
    """A new database with the data of another as it was at a moment."""

    id: ClassVar[str] = "restore-database"
    title: ClassVar[str] = "Restore to a moment, into a new database"
    risk: ClassVar[Risk] = Risk.HIGH
    rows: ClassVar[tuple[str, ...]] = ("E11",)
    kinds: ClassVar[frozenset[str]] = frozenset({CLUSTER, INSTANCE})
    options: ClassVar[tuple[Option, ...]] = (
        Option("to", "The moment: an ISO 8601 time with its zone, or latest.", required=True),
        Option("new_name", "Identifier of the new database; never that of the source.", required=True),
    )

    def __init__(self, aws: Aws) -> None:
        self._aws = aws

    def hindrance(self, target: Target) -> str:
        """Known without asking: what kind of thing it is, and whether a cluster holds its data."""
        if target.kind not in self.kinds:
            return "only databases can be restored"
        known = self._aws.databases.latest.value
        instance = known.instance(target.name) if known and target.kind == INSTANCE else None
        return f"its data is that of cluster {instance.cluster}: restore that" if instance and instance.cluster else ""

    async def plan(self, target: Target, options: Mapping[str, str]) -> Plan:
        """Read and judge. Raises UsageError for a name or moment that makes no sense, NotFound, Denied …"""
        client = self._aws.client
        name = naming.database_name(options.get("new_name", ""))
        if name == target.name.lower():
            raise UsageError("the source is never restored over", fix="choose another new_name")
        source = await pinned(client, target)
        if isinstance(source, DbInstance) and source.cluster:
            raise UsageError(f"its data is that of cluster {source.cluster}", fix="restore the cluster")
        window = await window_of(client, source)
        moment = _moment(options.get("to", ""), window)
        request = request_of(source, name, moment)
        shown = Shown(
            title=f"Restore {target.label} as of {_words(moment)} into {name}",
            target=Target(target.kind, source.name, identity=source.identity),
            diff=tuple(Change(key, None, str(value)) for key, value in request.params.items()),
            interrupts=(*_concerns(source, name), _loss(moment, window)),
            preconditions=(
                Precondition("resource id", source.resource_id, "console"),
                Precondition("name is free", name),
                Precondition("moment is restorable", _words(moment)),
            ),
            inverse=_removal(client, source, name),
            blockers=(f"there is a database {name} already",) if await taken(client, target.kind, name) else (),
        )
        return await planned(client, self, request, Birth(client, target.kind, name, source), shown)


def request_of(source: DbCluster | DbInstance, name: str, moment: datetime | None) -> Request:
    """The one request: network, security and settings are those of the source; RDS itself would take its defaults."""
    return _of_cluster(source, name, moment) if isinstance(source, DbCluster) else _of_instance(source, name, moment)


def _of_cluster(source: DbCluster, name: str, moment: datetime | None) -> Request:
    params: dict[str, Any] = {
        "DBClusterIdentifier": name,
        "SourceDBClusterIdentifier": source.name,
        "RestoreType": "full-copy",
        **({"UseLatestRestorableTime": True} if moment is None else {"RestoreToTime": moment}),
        "DBSubnetGroupName": source.subnet_group,
        "VpcSecurityGroupIds": list(source.security_groups),
        "DBClusterParameterGroupName": source.parameter_group,
        "DBClusterInstanceClass": source.instance_class,
        **_login(source),
    }
    if source.capacity is not None:
        least, most = source.capacity
        params["ServerlessV2ScalingConfiguration"] = {"MinCapacity": least, "MaxCapacity": most}
    return Request("rds", "RestoreDBClusterToPointInTime", _given(params), source.arn)


def _of_instance(source: DbInstance, name: str, moment: datetime | None) -> Request:
    params: dict[str, Any] = {
        "SourceDBInstanceIdentifier": source.name,
        "TargetDBInstanceIdentifier": name,
        **({"UseLatestRestorableTime": True} if moment is None else {"RestoreTime": moment}),
        "DBInstanceClass": source.instance_class,
        "DBSubnetGroupName": source.subnet_group,
        "VpcSecurityGroupIds": list(source.security_groups),
        "DBParameterGroupName": source.parameter_groups[0].name if source.parameter_groups else "",
        "MultiAZ": source.multi_az,
        "PubliclyAccessible": source.public,
        **_login(source),
    }
    return Request("rds", "RestoreDBInstanceToPointInTime", _given(params), source.arn)


def _login(source: DbCluster | DbInstance) -> dict[str, Any]:
    # Off by default: clients that log in with tokens would be locked out of the restored one.
    return {"EnableIAMDatabaseAuthentication": True} if source.iam_auth else {}


def _given(params: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in params.items() if value not in ("", [])}


def _moment(text: str, window: Window) -> datetime | None:
    """None is the latest. Raises UsageError for a moment that cannot be gone back to."""
    span = f"restorable: {_words(window.earliest)} to {_words(window.latest)}"
    if window.latest is None:
        raise UsageError("it keeps no backups to restore from", fix="restore from a snapshot")
    if text == LATEST:
        return None
    found = naming.moment(text).astimezone(UTC)
    if found > window.latest or (window.earliest is not None and found < window.earliest):
        raise UsageError(f"{_words(found)} is outside the restorable window", fix=span)
    return found


def _words(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}" if moment else LATEST


def _concerns(source: DbCluster | DbInstance, name: str) -> tuple[str, ...]:
    lines = [f"{source.name} is not touched; {name} takes tens of minutes, and is paid for from then on"]
    if isinstance(source, DbCluster):
        lines.append(f"a restored cluster has no instance: afterwards create-instance on {name}")
    lines.append("nothing points at it: clients go on with the source until their configuration is changed")
    return tuple(lines)


def _loss(moment: datetime | None, window: Window) -> str:
    until = moment or window.latest
    minutes = (datetime.now(UTC) - until).total_seconds() / 60 if until else 0.0
    return f"it will lack what was written in the last {minutes:.0f} min"


def _removal(client: AwsClient, source: DbCluster | DbInstance, name: str) -> str:
    if isinstance(source, DbCluster):
        operation, params = "DeleteDBCluster", {"DBClusterIdentifier": name, "SkipFinalSnapshot": True}
    else:
        operation, params = "DeleteDBInstance", {"DBInstanceIdentifier": name, "SkipFinalSnapshot": True}
    return cli.command(client, "rds", operation, params)
