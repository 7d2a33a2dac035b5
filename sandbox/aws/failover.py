"""What moto's failover leaves out: the events that tell of it, and the refusal of a target outside the cluster."""

from __future__ import annotations

from typing import Any

from moto.rds.exceptions import InvalidParameterValue
from moto.rds.models import Event

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
        backend.events.extend(_event(words, cluster) for words in _WORDS)
        return cluster

    backend.failover_db_cluster = failover


def _check(backend: Any, name: str, target: str | None) -> None:
    """Raises InvalidParameterValue for an instance of elsewhere, which moto would fail on or promote."""
    cluster = backend.clusters.get(name)
    if cluster is None or target is None:
        return
    if target not in {member.db_instance_identifier for member in cluster.members}:
        raise InvalidParameterValue(f"Cannot find target instance: {target}")


def _event(words: str, cluster: Any) -> Event:
    # moto knows the events of instances only, each by a fixed text.
    event = Event("DB_INSTANCE_CREATE", _Cluster(cluster))
    event.event_categories = ["failover"]
    event.message = words.format(cluster.writer.db_instance_identifier)
    return event
