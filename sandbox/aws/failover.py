"""What moto's failover leaves out: the events that tell of it, and the refusal of a target outside the cluster."""

from __future__ import annotations

from typing import Any

from moto.rds.exceptions import InvalidDBClusterStateFault, InvalidParameterValue
from moto.rds.models import Event

FAILING_OVER = "failing-over"
_WORDS = ("Started failover to DB instance: {}", "Completed failover to DB instance: {}")


class _Cluster:
    """A cluster as the source of events."""

    event_source_type = "db-cluster"

    def __init__(self, cluster: Any) -> None:
        self.resource_id = cluster.db_cluster_identifier
        self.arn = cluster.db_cluster_arn


def complete_failovers(backend: Any) -> None:
    """Let this backend of moto's RDS record the two events of each failover, as RDS does."""
    swap = backend.failover_db_cluster

    def failover(db_cluster_identifier: str, target_db_instance_identifier: str | None = None) -> Any:
        _check(backend, db_cluster_identifier, target_db_instance_identifier)
        cluster = swap(db_cluster_identifier, target_db_instance_identifier)
        backend.events.extend(_event(words, cluster, cluster.writer) for words in _WORDS)
        return cluster

    backend.failover_db_cluster = failover


def begin(backend: Any, name: str) -> None:
    """Let a failover of the cluster be under way, as RDS begins one by itself."""
    cluster = backend.clusters[name]
    cluster.status = FAILING_OVER
    backend.events.append(_event(_WORDS[0], cluster, _next(cluster)))


def complete(backend: Any, name: str) -> None:
    """End it: another instance writes."""
    cluster = backend.clusters[name]
    if cluster.status != FAILING_OVER:
        return
    cluster.failover(_next(cluster))
    cluster.status = "available"
    backend.events.append(_event(_WORDS[1], cluster, cluster.writer))


def _next(cluster: Any) -> Any:
    return next(member for member in cluster.members if not member.is_cluster_writer)


def _check(backend: Any, name: str, target: str | None) -> None:
    """Raises InvalidParameterValue for an instance of elsewhere, which moto would fail on or promote.

    And InvalidDBClusterStateFault while one is under way.
    """
    cluster = backend.clusters.get(name)
    if cluster is None:
        return
    if cluster.status == FAILING_OVER:
        raise InvalidDBClusterStateFault(f"DB cluster {name} is in the state {FAILING_OVER}.")
    if target is not None and target not in {member.db_instance_identifier for member in cluster.members}:
        raise InvalidParameterValue(f"Cannot find target instance: {target}")


def _event(words: str, cluster: Any, instance: Any) -> Event:
    # moto knows the events of instances only, each by a fixed text.
    event = Event("DB_INSTANCE_CREATE", _Cluster(cluster))
    event.event_categories = ["failover"]
    event.message = words.format(instance.db_instance_identifier)
    return event
