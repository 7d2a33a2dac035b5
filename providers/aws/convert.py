"""From RDS's answers to values."""

from __future__ import annotations

from providers.aws import raw as of
from providers.aws.raw import Raw
from providers.aws.values import Applied, DbCluster, DbInstance, Event, Maintenance, Member, Snapshot


def cluster(raw: Raw) -> DbCluster:
    """A DBCluster."""
    return DbCluster(
        name=of.text(raw, "DBClusterIdentifier"),
        arn=of.text(raw, "DBClusterArn"),
        resource_id=of.text(raw, "DbClusterResourceId"),
        status=of.text(raw, "Status"),
        engine=of.text(raw, "Engine"),
        version=of.text(raw, "EngineVersion"),
        engine_mode=of.text(raw, "EngineMode"),
        instance_class=of.text(raw, "DBClusterInstanceClass"),
        capacity=_capacity(of.part(raw, "ServerlessV2ScalingConfiguration")),
        endpoint=of.text(raw, "Endpoint"),
        reader_endpoint=of.text(raw, "ReaderEndpoint"),
        port=of.number(raw, "Port"),
        zones=of.texts(raw, "AvailabilityZones"),
        multi_az=of.flag(raw, "MultiAZ"),
        encrypted=of.flag(raw, "StorageEncrypted"),
        public=of.flag(raw, "PubliclyAccessible"),
        deletion_protection=of.flag(raw, "DeletionProtection"),
        iam_auth=of.flag(raw, "IAMDatabaseAuthenticationEnabled"),
        storage=of.number(raw, "AllocatedStorage"),
        storage_type=of.text(raw, "StorageType"),
        backup_days=of.number(raw, "BackupRetentionPeriod"),
        backup_window=of.text(raw, "PreferredBackupWindow"),
        maintenance_window=of.text(raw, "PreferredMaintenanceWindow"),
        earliest_restorable=of.moment(raw, "EarliestRestorableTime"),
        latest_restorable=of.moment(raw, "LatestRestorableTime"),
        pending=of.changes(raw, "PendingModifiedValues"),
        subnet_group=of.text(raw, "DBSubnetGroup"),
        security_groups=_groups(raw),
        created=of.moment(raw, "ClusterCreateTime"),
        parameter_group=of.text(raw, "DBClusterParameterGroup"),
        members=tuple(_member(member) for member in of.parts(raw, "DBClusterMembers")),
    )


def instance(raw: Raw) -> DbInstance:
    """A DBInstance; what its cluster and CloudWatch know of it is not there yet."""
    endpoint = of.part(raw, "Endpoint")
    return DbInstance(
        name=of.text(raw, "DBInstanceIdentifier"),
        arn=of.text(raw, "DBInstanceArn"),
        resource_id=of.text(raw, "DbiResourceId"),
        status=of.text(raw, "DBInstanceStatus"),
        engine=of.text(raw, "Engine"),
        version=of.text(raw, "EngineVersion"),
        cluster=of.text(raw, "DBClusterIdentifier"),
        instance_class=of.text(raw, "DBInstanceClass"),
        endpoint=of.text(endpoint, "Address"),
        port=of.number(endpoint, "Port"),
        zone=of.text(raw, "AvailabilityZone"),
        standby_zone=of.text(raw, "SecondaryAvailabilityZone"),
        multi_az=of.flag(raw, "MultiAZ"),
        encrypted=of.flag(raw, "StorageEncrypted"),
        public=of.flag(raw, "PubliclyAccessible"),
        deletion_protection=of.flag(raw, "DeletionProtection"),
        iam_auth=of.flag(raw, "IAMDatabaseAuthenticationEnabled"),
        storage=of.number(raw, "AllocatedStorage"),
        storage_type=of.text(raw, "StorageType"),
        iops=of.number(raw, "Iops"),
        backup_days=of.number(raw, "BackupRetentionPeriod"),
        backup_window=of.text(raw, "PreferredBackupWindow"),
        maintenance_window=of.text(raw, "PreferredMaintenanceWindow"),
        latest_restorable=of.moment(raw, "LatestRestorableTime"),
        pending=of.changes(raw, "PendingModifiedValues"),
        subnet_group=of.text(of.part(raw, "DBSubnetGroup"), "DBSubnetGroupName"),
        security_groups=_groups(raw),
        created=of.moment(raw, "InstanceCreateTime"),
        tier=of.number(raw, "PromotionTier"),
        replica_of=of.text(raw, "ReadReplicaSourceDBInstanceIdentifier"),
        parameter_groups=tuple(
            Applied(of.text(group, "DBParameterGroupName"), of.text(group, "ParameterApplyStatus"))
            for group in of.parts(raw, "DBParameterGroups")
        ),
    )


def event(raw: Raw) -> Event:
    """An event of RDS or ElastiCache."""
    return Event(
        at=of.moment(raw, "Date"),
        subject=of.text(raw, "SourceIdentifier"),
        kind=of.text(raw, "SourceType"),
        message=of.text(raw, "Message"),
        categories=of.texts(raw, "EventCategories"),
    )


def snapshot(raw: Raw) -> Snapshot:
    """A DBSnapshot or a DBClusterSnapshot."""
    of_cluster = "DBClusterSnapshotIdentifier" in raw
    kind = "DBCluster" if of_cluster else "DB"
    return Snapshot(
        name=of.text(raw, f"{kind}SnapshotIdentifier"),
        arn=of.text(raw, f"{kind}SnapshotArn"),
        of=of.text(raw, "DBClusterIdentifier" if of_cluster else "DBInstanceIdentifier"),
        of_cluster=of_cluster,
        type=of.text(raw, "SnapshotType"),
        status=of.text(raw, "Status"),
        progress=of.number(raw, "PercentProgress"),
        created=of.moment(raw, "SnapshotCreateTime"),
        engine=of.text(raw, "Engine"),
        version=of.text(raw, "EngineVersion"),
        size=of.number(raw, "AllocatedStorage"),
        encrypted=of.flag(raw, "StorageEncrypted" if of_cluster else "Encrypted"),
    )


def maintenance(raw: Raw) -> tuple[Maintenance, ...]:
    """What waits for one resource (ResourcePendingMaintenanceActions)."""
    subject = of.text(raw, "ResourceIdentifier").rpartition(":")[2]
    return tuple(
        Maintenance(
            subject,
            of.text(action, "Action"),
            of.text(action, "Description"),
            of.moment(action, "CurrentApplyDate") or of.moment(action, "AutoAppliedAfterDate"),
        )
        for action in of.parts(raw, "PendingMaintenanceActionDetails")
    )


def _member(raw: Raw) -> Member:
    return Member(
        of.text(raw, "DBInstanceIdentifier"),
        of.flag(raw, "IsClusterWriter"),
        of.number(raw, "PromotionTier"),
        of.text(raw, "DBClusterParameterGroupStatus"),
    )


def _capacity(raw: Raw) -> tuple[float, float] | None:
    least, most = raw.get("MinCapacity"), raw.get("MaxCapacity")
    return None if least is None or most is None else (float(least), float(most))


def _groups(raw: Raw) -> tuple[str, ...]:
    return tuple(of.text(group, "VpcSecurityGroupId") for group in of.parts(raw, "VpcSecurityGroups"))
