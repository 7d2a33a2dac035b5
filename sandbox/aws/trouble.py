"""What is wrong in the account for now, as the estate asks for it; lives in the server's process."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from itertools import count, islice
from pathlib import Path
from typing import Any, Final

from moto.backends import get_backend
from moto.rds.models import rds_backends

from sandbox.aws import TROUBLE, database, failover
from sandbox.aws.account import ACCOUNT
from sandbox.aws.metrics import LAG, LAG_ALARM, LAG_LIMIT, Meter
from sandbox.cluster.nodes.estate.machines import REGION

FAILOVER_TAKES: Final = 30.0
"""Seconds until a failover that RDS began by itself is over."""
_GROWING: Final = 5
"""Minutes that the replica has been falling behind when the fault begins."""
_STEP: Final = 12_500.0
"""Milliseconds by which it falls behind each minute."""


class Trouble:
    """`look` brings about what is asked for."""

    def __init__(self, directory: Path, meter: Meter) -> None:
        self._file = directory / TROUBLE
        self._meter = meter
        self._rds = rds_backends[ACCOUNT][REGION]
        self._on: list[str] = []
        self._until = 0.0

    def look(self) -> list[str] | None:
        """The names of what is wrong now when that has just changed, else None. Raises botocore's errors."""
        if self._until and time.monotonic() > self._until:
            self._end_failover()
        asked = json.loads(self._file.read_text()) if self._file.exists() else []
        if asked == self._on:
            return None
        turns: dict[str, tuple[Callable[[], None], Callable[[], None]]] = {
            "replica-lag": (self._fall_behind, self._catch_up),
            "rds-failing-over": (self._begin_failover, self._end_failover),
        }
        for name, (begin, end) in turns.items():
            if (name in asked) != (name in self._on):
                (begin if name in asked else end)()
        self._on = asked
        return self._on

    def _begin_failover(self) -> None:
        failover.begin(self._rds, database.CLUSTER)
        self._until = time.monotonic() + FAILOVER_TAKES

    def _end_failover(self) -> None:
        self._until = 0.0
        failover.complete(self._rds, database.CLUSTER)

    def _fall_behind(self) -> None:
        growing = (_STEP * minute for minute in count(1))
        self._rewrite(islice(growing, _GROWING))
        self._meter.instead[LAG] = growing
        words = f"Threshold Crossed: {_GROWING} datapoints were greater than the threshold ({LAG_LIMIT:.1f})."
        self._meter.cloudwatch.set_alarm_state(AlarmName=LAG_ALARM, StateValue="ALARM", StateReason=words)

    def _catch_up(self) -> None:
        del self._meter.instead[LAG]
        self._rewrite(iter([_STEP / 1000]))
        words = f"Threshold Crossed: 1 datapoint was not greater than the threshold ({LAG_LIMIT:.1f})."
        self._meter.cloudwatch.set_alarm_state(AlarmName=LAG_ALARM, StateValue="OK", StateReason=words)

    def _rewrite(self, values: Iterator[float]) -> None:
        """Let the newest points of the lag have been these: CloudWatch takes no point back, and a sum of both lies."""
        fresh = list(values)
        backend: Any = get_backend("cloudwatch")[ACCOUNT][REGION]
        points = [point for point in backend.metric_data if point.name == LAG]
        moments = sorted({point.timestamp for point in points})[-len(fresh) :]
        instead = dict(zip(moments, fresh, strict=True))
        for point in points:
            point.value = instead.get(point.timestamp, point.value)
