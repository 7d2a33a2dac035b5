"""What the console knows of the databases: whole, frozen and clean. Times are UTC, sizes GiB unless they say bytes."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec

AVAILABLE: Final = "available"
IN_SYNC: Final = "in-sync"


class Gap(msgspec.Struct, frozen=True):
    """A part of a picture that could not be read, and why; the rest of the picture holds."""

    what: str
    message: str
    kind: str = "error"


class Applied(msgspec.Struct, frozen=True):
    """A parameter group where it is used: `status` is in-sync, pending-reboot, applying …"""

    name: str
    status: str


class Maintenance(msgspec.Struct, frozen=True):
    """Something AWS will do, or wants done, to a database (or cache)."""

    subject: str
    action: str
    description: str = ""
    at: datetime | None = None
    """When it will be applied by itself; None: only when somebody opts in."""


class Member(msgspec.Struct, frozen=True):
    """An instance as its cluster sees it. The lowest promotion tier becomes the writer first."""

    instance: str
    writer: bool
    tier: int | None = None
    parameter_status: str = ""


class Database(msgspec.Struct, frozen=True, kw_only=True):
    """What clusters and instances have in common. `resource_id` is the identity: names are used again, ids are not."""

    name: str
    arn: str
    resource_id: str
    status: str
    engine: str
    version: str
    endpoint: str = ""
    port: int | None = None
    multi_az: bool = False
    encrypted: bool = False
    public: bool = False
    deletion_protection: bool = False
    iam_auth: bool = False
    """Whether logins with a token of IAM are let in."""
    storage: int | None = None
    storage_type: str = ""
    backup_days: int | None = None
    backup_window: str = ""
    maintenance_window: str = ""
    latest_restorable: datetime | None = None
    pending: tuple[str, ...] = ()
    subnet_group: str = ""
    security_groups: tuple[str, ...] = ()
    created: datetime | None = None

    @property
    def available(self) -> bool:
        return self.status == AVAILABLE

    @property
    def identity(self) -> str:
        """What an action is pinned to."""
        return f"{self.arn} {self.resource_id}"


class DbCluster(Database, frozen=True, kw_only=True):
    """An Aurora or Multi-AZ DB cluster."""

    reader_endpoint: str = ""
    zones: tuple[str, ...] = ()
    members: tuple[Member, ...] = ()
    parameter_group: str = ""
    earliest_restorable: datetime | None = None
    engine_mode: str = ""
    instance_class: str = ""
    """Of a Multi-AZ DB cluster; Aurora's instances have one each."""
    capacity: tuple[float, float] | None = None
    """Least and most capacity units of Aurora Serverless v2."""

    @property
    def writer(self) -> str:
        """The instance that takes writes; "" when there is none."""
        return next((member.instance for member in self.members if member.writer), "")

    @property
    def readers(self) -> tuple[Member, ...]:
        return tuple(member for member in self.members if not member.writer)

    @property
    def parameter_status(self) -> str:
        """in-sync, or what the first member that is not says."""
        statuses = [member.parameter_status for member in self.members if member.parameter_status]
        return next((status for status in statuses if status != IN_SYNC), statuses[0] if statuses else "")


class DbInstance(Database, frozen=True, kw_only=True):
    """A database instance: alone, a read replica, or a member of a cluster."""

    cluster: str = ""
    instance_class: str = ""
    zone: str = ""
    standby_zone: str = ""
    writer: bool | None = None
    """As its cluster says; None outside a cluster."""
    tier: int | None = None
    replica_of: str = ""
    parameter_groups: tuple[Applied, ...] = ()
    iops: int | None = None
    lag: float | None = None
    """Seconds behind the writer; None when it is none, or CloudWatch does not tell."""
    free_bytes: float | None = None
    """Free storage by CloudWatch; None when it does not tell (Aurora's storage grows by itself)."""

    @property
    def free_part(self) -> float | None:
        """Free storage as a part of all."""
        if self.free_bytes is None or not self.storage:
            return None
        return self.free_bytes / (self.storage * 1024**3)


class Databases(msgspec.Struct, frozen=True, kw_only=True):
    """The databases of the estate. `complete` is False when there are more than the console lists."""

    clusters: tuple[DbCluster, ...] = ()
    instances: tuple[DbInstance, ...] = ()
    maintenance: tuple[Maintenance, ...] = ()
    gaps: tuple[Gap, ...] = ()
    complete: bool = True

    @property
    def changing(self) -> bool:
        """Whether something is under way that is worth looking at more often."""
        return any(not database.available or database.pending for database in (*self.clusters, *self.instances))

    def cluster(self, name: str) -> DbCluster | None:
        return next((found for found in self.clusters if found.name == name), None)

    def instance(self, name: str) -> DbInstance | None:
        return next((found for found in self.instances if found.name == name), None)


class Event(msgspec.Struct, frozen=True):
    """Something that happened to a database or a cache."""

    at: datetime | None
    subject: str
    kind: str
    """db-cluster, db-instance, db-snapshot, cache-cluster …"""
    message: str
    categories: tuple[str, ...] = ()


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """A snapshot of a cluster or an instance; `type` is manual, automated or awsbackup."""

    name: str
    arn: str
    of: str
    of_cluster: bool
    type: str
    status: str
    progress: int | None = None
    created: datetime | None = None
    engine: str = ""
    version: str = ""
    size: int | None = None
    encrypted: bool = False


class Window(msgspec.Struct, frozen=True):
    """To which moments a database can be restored; None: AWS does not say."""

    database: str
    cluster: bool
    earliest: datetime | None
    latest: datetime | None


class Backups(msgspec.Struct, frozen=True):
    """The ways back: snapshots, newest first, and the restorable windows."""

    snapshots: tuple[Snapshot, ...] = ()
    windows: tuple[Window, ...] = ()
    complete: bool = True


class Parameter(msgspec.Struct, frozen=True, kw_only=True):
    """A parameter. `allowed` is AWS's own notation ("6-8388607", "0,1"); static needs a reboot to take effect."""

    name: str
    value: str | None = None
    allowed: str = ""
    data_type: str = ""
    apply_type: str = ""
    modifiable: bool = True
    source: str = ""
    description: str = ""

    @property
    def static(self) -> bool:
        return self.apply_type == "static"


class ParameterGroup(msgspec.Struct, frozen=True, kw_only=True):
    """A parameter group that is in use, with what was set by hand. `used_by` says where, and whether it took effect."""

    name: str
    kind: str
    """cluster, instance or cache."""
    parameters: tuple[Parameter, ...] = ()
    used_by: tuple[tuple[str, str], ...] = ()
    """(database or cache, apply status)."""
    complete: bool = True

    @property
    def default(self) -> bool:
        """Groups that come with the engine cannot be changed."""
        return self.name.startswith("default.")


class LogFile(msgspec.Struct, frozen=True):
    """A log file of a database instance; `size` in bytes."""

    name: str
    size: int
    written: datetime | None
