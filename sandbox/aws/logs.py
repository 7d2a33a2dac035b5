"""CloudWatch Logs: the groups, and how events get into them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, NamedTuple

from sandbox.aws import access_log, flow_log, trail
from sandbox.aws.account import Account
from sandbox.aws.balancer import BALANCER, Balancer

ACCESS_GROUP = f"/aws/applicationloadbalancer/app/{BALANCER}"
TRAIL_GROUP = "CloudTrail/FusionBitcoin"
FLOW_GROUP = "/aws/vpc/flowlogs"
SPAN = timedelta(hours=3)
"""How far back the logs go."""
_RETENTION = 30  # days
_RATES = {ACCESS_GROUP: 120.0, TRAIL_GROUP: 75.0, FLOW_GROUP: 110.0}
"""Events an hour."""


class Event(NamedTuple):
    """One event of a stream."""

    stream: str
    at: datetime
    message: str


class Logs:
    """Every group: `seed` writes its past, `beat` what has come since."""

    def __init__(self, account: Account, balancer: Balancer, interfaces: dict[str, str]) -> None:
        """`interfaces`: address to id of a machine's interface."""
        self._client = account.client("logs")
        self._now = account.now
        makers: dict[str, Callable[[Random, datetime], Event]] = {
            ACCESS_GROUP: lambda random, at: Event(access_log.STREAM, at, access_log.line(random, at, balancer)),
            TRAIL_GROUP: lambda random, at: Event(trail.STREAM, at, trail.record(random, at)),
            FLOW_GROUP: lambda random, at: Event(*flow_log.record(random, at, interfaces)),
        }
        begin = account.now - SPAN
        self._flows = {group: _flow(account.random(group), begin, group, maker) for group, maker in makers.items()}
        self._next = {group: next(events) for group, events in self._flows.items()}
        self._streams: set[tuple[str, str]] = set()

    def seed(self) -> None:
        """Make the groups and write the past."""
        for group in self._flows:
            self._client.create_log_group(logGroupName=group)
            self._client.put_retention_policy(logGroupName=group, retentionInDays=_RETENTION)
        self._write(self._now)

    def beat(self) -> None:
        """Write what has happened since. Raises botocore's errors."""
        self._write(datetime.now(UTC))

    def _write(self, until: datetime) -> None:
        for group in self._flows:
            streams: dict[str, list[dict[str, Any]]] = {}
            for event in self._due(group, until):
                entry = {"timestamp": int(event.at.timestamp() * 1000), "message": event.message}
                streams.setdefault(event.stream, []).append(entry)
            for stream, entries in streams.items():
                self._put(group, stream, entries)

    def _due(self, group: str, until: datetime) -> Iterator[Event]:
        while (event := self._next[group]).at <= until:
            self._next[group] = next(self._flows[group])
            yield event

    def _put(self, group: str, stream: str, entries: list[dict[str, Any]]) -> None:
        if (group, stream) not in self._streams:
            self._client.create_log_stream(logGroupName=group, logStreamName=stream)
            self._streams.add((group, stream))
        self._client.put_log_events(logGroupName=group, logStreamName=stream, logEvents=entries)


def _flow(random: Random, begin: datetime, group: str, make: Callable[[Random, datetime], Event]) -> Iterator[Event]:
    """The events of a group at irregular moments, without end."""
    at = begin
    while True:
        at += timedelta(hours=random.expovariate(_RATES[group]))
        yield make(random, at)
