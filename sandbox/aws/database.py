"""RDS: the Aurora cluster of the bridge, the single instance beside it, their settings and snapshots."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any

from sandbox.aws.account import ENV, PROJECT, TAGS, Account
from sandbox.aws.network import ZONES, Network

CLUSTER = f"{PROJECT}-{ENV}"
WRITER, READER = f"{CLUSTER}-1", f"{CLUSTER}-2"
INSTANCE = f"{CLUSTER}-db"
RETENTION = timedelta(days=7)
BACKUP_HOUR = 1
"""Of the day, in UTC."""
_BACKUPS = f"{BACKUP_HOUR:02}:00-{BACKUP_HOUR:02}:30"
_SUBNETS = f"{PROJECT}-{ENV}"
_AURORA, _POSTGRES = ("aurora-postgresql", "16.6"), ("postgres", "16.6")
_CLUSTER_SETTINGS = {"max_connections": "400", "log_min_duration_statement": "1000", "rds.force_ssl": "1"}
_INSTANCE_SETTINGS = {"max_connections": "200", "idle_in_transaction_session_timeout": "300000"}


def seed(account: Account, network: Network) -> None:
    """Make the databases, available at once."""
    rds = account.client("rds")
    rds.create_db_subnet_group(
        DBSubnetGroupName=_SUBNETS, DBSubnetGroupDescription="Data tier", SubnetIds=network.data, Tags=TAGS
    )
    _settings(rds)
    _cluster(rds, network.groups["db"])
    _instance(rds, network.groups["db"])
    rds.create_db_cluster_snapshot(
        DBClusterIdentifier=CLUSTER, DBClusterSnapshotIdentifier=f"{CLUSTER}-before-1-2-0", Tags=TAGS
    )
    rds.create_db_snapshot(DBInstanceIdentifier=INSTANCE, DBSnapshotIdentifier=f"{INSTANCE}-before-1-2-0", Tags=TAGS)


def _settings(rds: Any) -> None:
    """A parameter group of the cluster and one of the instance."""
    rds.create_db_cluster_parameter_group(
        DBClusterParameterGroupName=CLUSTER,
        DBParameterGroupFamily="aurora-postgresql16",
        Description="Bridge",
        Tags=TAGS,
    )
    rds.modify_db_cluster_parameter_group(
        DBClusterParameterGroupName=CLUSTER, Parameters=_parameters(_CLUSTER_SETTINGS)
    )
    rds.create_db_parameter_group(
        DBParameterGroupName=INSTANCE, DBParameterGroupFamily="postgres16", Description="Bridge", Tags=TAGS
    )
    rds.modify_db_parameter_group(DBParameterGroupName=INSTANCE, Parameters=_parameters(_INSTANCE_SETTINGS))


def _parameters(settings: dict[str, str]) -> list[dict[str, str]]:
    return [
        {"ParameterName": name, "ParameterValue": value, "ApplyMethod": "pending-reboot"}
        for name, value in settings.items()
    ]


def _cluster(rds: Any, group: str) -> None:
    rds.create_db_cluster(
        DBClusterIdentifier=CLUSTER, Engine=_AURORA[0], EngineVersion=_AURORA[1], DatabaseName="fusion",
        MasterUsername="fusion", MasterUserPassword=secrets.token_urlsafe(16), DBSubnetGroupName=_SUBNETS,
        DBClusterParameterGroupName=CLUSTER, VpcSecurityGroupIds=[group], StorageEncrypted=True,
        DeletionProtection=True, BackupRetentionPeriod=RETENTION.days, PreferredBackupWindow=_BACKUPS, Tags=TAGS,
    )  # fmt: skip
    for place, name in enumerate((WRITER, READER)):
        rds.create_db_instance(
            DBInstanceIdentifier=name, DBClusterIdentifier=CLUSTER, DBInstanceClass="db.r6g.large",
            Engine=_AURORA[0], AvailabilityZone=ZONES[place], PromotionTier=place, Tags=TAGS,
        )  # fmt: skip


def _instance(rds: Any, group: str) -> None:
    rds.create_db_instance(
        DBInstanceIdentifier=INSTANCE, DBInstanceClass="db.m6g.large", Engine=_POSTGRES[0], EngineVersion=_POSTGRES[1],
        DBName="fusion", MasterUsername="fusion", MasterUserPassword=secrets.token_urlsafe(16), AllocatedStorage=100,
        StorageType="gp3", MultiAZ=True, AvailabilityZone=ZONES[0], DBSubnetGroupName=_SUBNETS,
        DBParameterGroupName=INSTANCE, VpcSecurityGroupIds=[group], StorageEncrypted=True, DeletionProtection=True,
        BackupRetentionPeriod=RETENTION.days, PreferredBackupWindow=_BACKUPS, Tags=TAGS,
    )  # fmt: skip
