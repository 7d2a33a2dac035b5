"""Emptying one database of the cache (R04): what goes, what will be cold, one FLUSHDB ASYNC."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from providers.core.action import Action, Call, Change, DryRun, Option, Permission, Plan, Precondition, Risk, Target
from providers.core.errors import NotFound
from providers.redis.flush_scope import Scope, read_scope
from providers.redis.flush_steps import Flush
from providers.redis.permissions import FLUSH, may_flush

if TYPE_CHECKING:
    from providers.redis.client import RedisClient
    from providers.redis.provider import Redis


class FlushCache(Action):
    """Delete every key of the configured database. The other databases of the server stay as they are."""

    id: ClassVar[str] = "flush-cache"
    title: ClassVar[str] = "Empty the cache's database"
    risk: ClassVar[Risk] = Risk.DESTRUCTIVE
    rows: ClassVar[tuple[str, ...]] = ("R04",)
    kinds: ClassVar[frozenset[str]] = frozenset({"cache"})
    options: ClassVar[tuple[Option, ...]] = ()

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    @property
    def target(self) -> Target:
        """The configured database, as it is named to be confirmed."""
        return target_of(self._redis.client)

    def hindrance(self, target: Target) -> str:
        """Known without asking: what the overview has seen."""
        if target.kind not in self.kinds:
            return "only a cache can be emptied"
        seen = self._redis.overview.latest.value
        if seen is not None and seen.vitals.server.mode == "cluster":
            return _IN_CLUSTER
        return ""

    async def plan(self, target: Target, options: Mapping[str, str]) -> Plan:
        """Read and describe. Raises NotFound for another target than the configured database, Unreachable, Denied …"""
        client = self._redis.client
        seen = self._redis.overview.latest
        rates = seen.value.rates if seen.value is not None and seen.state == "live" else None
        scope = await read_scope(client, rates)
        actual = target_of(client, scope)
        if target.name != actual.name or target.identity not in {"", actual.identity}:
            raise NotFound(
                f"{target.label} is not the cache that answers now, {actual.name} of run {scope.run_id[:12]}",
                source=client.source,
                fix="select it again: the server was restarted or failed over since",
            )
        flush = Flush(self._redis, scope)
        allowed, why = await may_flush(client)
        return Plan(
            action=self.id,
            title=f"Delete all {scope.keys} keys of database {scope.database} on {client.address}",
            rows=self.rows,
            source=f"{client.source} · {client.target} · {await client.who_am_i()}",
            target=actual,
            risk=self.risk,
            calls=(Call(client.source, "FLUSHDB", client.target, "FLUSHDB ASYNC"),),
            diff=_diff(scope),
            interrupts=scope.consequences(),
            preconditions=_preconditions(scope),
            permissions=(Permission(FLUSH, f"database {scope.database}"),),
            dry_run=_rehearsal(allowed, why),
            inverse="",
            equivalent=_equivalent(client),
            steps=flush.steps,
            blockers=_blockers(scope, allowed, why),
        )


_IN_CLUSTER = (
    "the server is a node of a cluster: FLUSHDB would empty its own slots only; "
    "run FLUSHDB ASYNC on each master: redis-cli --cluster call HOST:PORT FLUSHDB ASYNC --cluster-only-masters"
)


def target_of(client: RedisClient, scope: Scope | None = None) -> Target:
    """The database by its address; by its server's run and number once those are known."""
    # By its configured name: behind a Sentinel another server answers after each failover.
    identity = f"{scope.run_id}/{scope.database}" if scope is not None else ""
    return Target("cache", f"{client.door.address.host}/{client.database}", "", identity)


def _diff(scope: Scope) -> tuple[Change, ...]:
    sampled = [Change(f"key {key.name}", key.said, None) for key in scope.shown]
    return (Change("keys", str(scope.keys), "0"), *sampled)


def _preconditions(scope: Scope) -> tuple[Precondition, ...]:
    # A connection ends with the process at its other end: what its first answer says of the run holds for the next
    # request on it, too. A replica refuses FLUSHDB by itself.
    return (
        Precondition("run_id", scope.run_id, "console"),
        Precondition("database", str(scope.database), "server"),
        Precondition("role", "master", "server"),
    )


def _rehearsal(allowed: bool | None, why: str) -> DryRun:
    if allowed is None:
        return DryRun("not offered", f"whether it is allowed {why}")
    return DryRun("passed", "the user's rights allow it") if allowed else DryRun("failed", f"not allowed: {why}")


def _equivalent(client: RedisClient) -> str:
    settings, address = client.settings, client.address
    words = ["redis-cli", "-h", address.host, "-p", str(address.port), "-n", str(client.database)]
    words += ["--tls"] if settings.secure else []
    words += ["--cacert", settings.ca_file] if settings.secure and settings.ca_file else []
    words += ["--user", settings.username] if settings.username else []
    words += ["--askpass"] if settings.username or settings.password else []
    return shlex.join([*words, "FLUSHDB", "ASYNC"])


def _blockers(scope: Scope, allowed: bool | None, why: str) -> tuple[str, ...]:
    found = []
    if scope.vitals.server.mode == "cluster":
        found.append(_IN_CLUSTER)
    if scope.vitals.replication.role != "master":
        found.append(f"it is a replica of {scope.vitals.replication.master}: go to the master")
    if scope.vitals.persistence.loading:
        found.append("the server is still loading its data")
    if not scope.run_id:
        found.append("the server does not tell its run_id, so that it could not be told from another one")
    if not scope.keys:
        found.append(f"database {scope.database} is empty")
    if allowed is False:
        found.append(f"not allowed: {FLUSH} is missing; {why}")
    return tuple(found)
