"""CloudWatch Logs: the groups, and how events get into them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from random import Random
from typing import Any, NamedTuple

from sandbox.aws import access_log, flow_log, trail
from sandbox.aws.account import Account
from sandbox.aws.balancer import BALANCER, Balancer

ACCESS_GROUP = f"/aws/applicationloadbalancer/app/{BALANCER}"
TRAIL_GROUP = "CloudTrail/FusionBitcoin"
FLOW_GROUP = "/aws/vpc/flowlogs"
SPAN = timedelta(hours=3)
_RETENTION = 30  # days
_EVENTS = {ACCESS_GROUP: 360, TRAIL_GROUP: 200, FLOW_GROUP: 320}


class Event(NamedTuple):
    """One event of a stream."""

    stream: str
    at: datetime
    message: str


def seed(account: Account, balancer: Balancer, interfaces: dict[str, str]) -> None:
    """Make the groups and fill them with the last hours. `interfaces`: address to id of a machine's interface."""
    client = account.client("logs")
    for group, count in _EVENTS.items():
        random = account.random(group)
        moments = _moments(random, account.now, count)
        client.create_log_group(logGroupName=group)
        client.put_retention_policy(logGroupName=group, retentionInDays=_RETENTION)
        _put(client, group, _events(group, moments, random, balancer, interfaces))


def _moments(random: Random, now: datetime, count: int) -> list[datetime]:
    """Irregular moments of the last hours in order; the last one is now."""
    earlier = sorted(random.random() for _ in range(count - 1))
    return [*(now - SPAN * (1 - part) for part in earlier), now]


def _events(
    group: str, moments: list[datetime], random: Random, balancer: Balancer, interfaces: dict[str, str]
) -> list[Event]:
    if group == ACCESS_GROUP:
        return [Event(access_log.STREAM, at, access_log.line(random, at, balancer)) for at in moments]
    if group == TRAIL_GROUP:
        return [Event(trail.STREAM, at, trail.record(random, at)) for at in moments]
    return [Event(*flow_log.record(random, at, interfaces)) for at in moments]


def _put(client: Any, group: str, events: Iterable[Event]) -> None:
    streams: dict[str, list[dict[str, Any]]] = {}
    for event in events:
        entry = {"timestamp": int(event.at.timestamp() * 1000), "message": event.message}
        streams.setdefault(event.stream, []).append(entry)
    for stream, entries in streams.items():
        client.create_log_stream(logGroupName=group, logStreamName=stream)
        client.put_log_events(logGroupName=group, logStreamName=stream, logEvents=entries)
