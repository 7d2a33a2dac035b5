"""The events of RDS by their time, of which moto takes no notice: it tells all there ever were."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from moto.core.utils import utcnow

_DURATION = 60
"""Minutes that DescribeEvents goes back when it is not told."""


def keep_to_the_time(backend: Any) -> None:
    """Let this backend of moto's RDS answer DescribeEvents for the time it is asked for, by default the last hour."""
    everything = backend.describe_events

    def describe_events(**asked: Any) -> Any:
        end = _moment(asked.get("end_time")) or utcnow()
        begin = _moment(asked.get("start_time")) or end - timedelta(minutes=int(asked.get("duration") or _DURATION))
        return [event for event in everything(**asked) if begin <= event.date <= end]

    backend.describe_events = describe_events


def _moment(asked: datetime | None) -> datetime | None:
    """As moto keeps it: UTC without a zone."""
    return asked.replace(tzinfo=None) if asked else None
