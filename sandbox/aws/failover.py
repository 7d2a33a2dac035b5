"""What moto's failover leaves out: the events that tell it happened."""

from __future__ import annotations

from typing import Any

from moto.rds.models import Event

_WORDS = {"started": "Started failover to DB instance: {}", "completed": "Completed failover to DB instance: {}"}


class _Cluster:
    """A cluster as the source of events."""

    event_source_type = "db-cluster"

    def __init__(self, cluster: Any) -> None:
        self.resource_id = cluster.db_cluster_identifier
        self.arn = cluster.db_cluster_arn


def tell_failovers(backend: Any) -> None:
    """Record, for each failover of this backend of moto's RDS, the two events that RDS records."""
    swap = backend.failover_db_cluster

    def failover(*args: Any, **named: Any) -> Any:
        cluster = swap(*args, **named)
        for stage in _WORDS:
            backend.events.append(_event(stage, cluster))
        return cluster

    backend.failover_db_cluster = failover


def _event(stage: str, cluster: Any) -> Event:
    # moto knows the events of instances only, each by a fixed text.
    event = Event("DB_INSTANCE_CREATE", _Cluster(cluster))
    event.event_categories = ["failover"]
    event.message = _WORDS[stage].format(cluster.writer.db_instance_identifier)
    return event
