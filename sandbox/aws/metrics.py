"""CloudWatch: what the databases, the cache and the load balancer measured, minute by minute, and the alarms on it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from random import Random
from typing import Any

from sandbox.aws import cache, database
from sandbox.aws.account import PROJECT, TAGS, Account
from sandbox.aws.balancer import Balancer

MINUTE = timedelta(minutes=1)
MINUTES = 180
"""How far back the metrics go."""
_BATCH = 1000  # the most data points of one request
_RDS, _CACHE, _ELB = "AWS/RDS", "AWS/ElastiCache", "AWS/ApplicationELB"
_GIB = 1024**3
LAG = "AuroraReplicaLag"
LAG_ALARM = f"{PROJECT}-db-replica-lag-high"
LAG_LIMIT = 1000


@dataclass(frozen=True, slots=True)
class Series:
    """One metric of one thing: where it lingers, how far it strays from there (both in `unit`)."""

    namespace: str
    name: str
    dimension: tuple[str, str]
    unit: str
    base: float
    spread: float

    def values(self, random: Random) -> Iterator[float]:
        """One value a minute, without end: it wanders about its base and never below zero."""
        drift = 0.0
        while True:
            drift = 0.9 * drift + random.gauss(0, self.spread / 3)
            value = max(0.0, self.base + drift)
            yield float(round(value)) if self.unit == "Count" else round(value, 6)

    def datum(self, value: float, at: datetime) -> dict[str, Any]:
        """What PutMetricData takes."""
        name, identifier = self.dimension
        dimensions = [{"Name": name, "Value": identifier}]
        return {
            "MetricName": self.name, "Dimensions": dimensions, "Timestamp": at, "Value": value, "Unit": self.unit,
        }  # fmt: skip


class Meter:
    """Every series: `seed` writes its past, `beat` what has come since."""

    def __init__(self, account: Account, balancer: Balancer) -> None:
        self.cloudwatch = account.client("cloudwatch")
        series = [*_databases(), *_cache(), *_balancer(balancer)]
        self._flows = [(each, each.values(account.random(f"{each.dimension[1]} {each.name}"))) for each in series]
        self._at = account.now.replace(second=0, microsecond=0) - MINUTES * MINUTE
        self.instead: dict[str, Iterator[float]] = {}
        """Metrics that measure these values for now."""

    def seed(self) -> None:
        """Write the past."""
        self._write(MINUTES)

    def beat(self) -> None:
        """Write the minutes that have passed since. Raises botocore's errors."""
        if (passed := int((datetime.now(UTC) - self._at) / MINUTE)) > 0:
            self._write(passed)

    def _write(self, minutes: int) -> None:
        moments = [self._at + (number + 1) * MINUTE for number in range(minutes)]
        self._at = moments[-1]
        by_namespace: dict[str, list[dict[str, Any]]] = {}
        for series, values in self._flows:
            data = by_namespace.setdefault(series.namespace, [])
            # What would have been measured is drawn all the same: the story after the trouble stays that of the seed.
            measured = list(islice(values, minutes))
            if series.name in self.instead:
                measured = list(islice(self.instead[series.name], minutes))
            data += [series.datum(value, at) for value, at in zip(measured, moments, strict=True)]
        for namespace, data in by_namespace.items():
            for start in range(0, len(data), _BATCH):
                self.cloudwatch.put_metric_data(Namespace=namespace, MetricData=data[start : start + _BATCH])


def _databases() -> Iterator[Series]:
    sizes = {database.WRITER: (22.0, 46), database.READER: (14.0, 18), database.INSTANCE: (9.0, 12)}
    for instance, (cpu, connections) in sizes.items():
        of = ("DBInstanceIdentifier", instance)
        yield Series(_RDS, "CPUUtilization", of, "Percent", cpu, 6)
        yield Series(_RDS, "DatabaseConnections", of, "Count", connections, 4)
        # Aurora's volume grows by itself: its instances have local storage to run out of, and no other.
        free = ("FreeStorageSpace", 61.0) if instance == database.INSTANCE else ("FreeLocalStorage", 28.0)
        yield Series(_RDS, free[0], of, "Bytes", free[1] * _GIB, 0.05 * _GIB)
    yield Series(_RDS, LAG, ("DBInstanceIdentifier", database.READER), "Milliseconds", 18, 6)


def _cache() -> Iterator[Series]:
    of = ("CacheClusterId", cache.CACHE)
    yield Series(_CACHE, "CPUUtilization", of, "Percent", 7, 2)
    yield Series(_CACHE, "EngineCPUUtilization", of, "Percent", 4, 2)
    yield Series(_CACHE, "CurrConnections", of, "Count", 24, 3)
    yield Series(_CACHE, "Evictions", of, "Count", 0, 0)


def _balancer(balancer: Balancer) -> Iterator[Series]:
    of = ("LoadBalancer", balancer.dimension)
    yield Series(_ELB, "RequestCount", of, "Count", 140, 40)
    yield Series(_ELB, "TargetResponseTime", of, "Seconds", 0.085, 0.03)
    yield Series(_ELB, "HTTPCode_Target_5XX_Count", of, "Count", 0, 0.6)


@dataclass(frozen=True, slots=True)
class _Alarm:
    """Raised when the metric is above the limit (or below, `less`) for five minutes."""

    name: str
    series: Series
    limit: float
    statistic: str = "Average"
    less: bool = False


def _alarms(balancer: Balancer) -> Iterator[_Alarm]:
    series = {(each.dimension[1], each.name): each for each in (*_databases(), *_cache(), *_balancer(balancer))}
    front = balancer.dimension
    yield _Alarm("db-cpu-high", series[database.WRITER, "CPUUtilization"], 80)
    yield _Alarm("db-connections-high", series[database.WRITER, "DatabaseConnections"], 320)
    yield _Alarm("db-storage-low", series[database.INSTANCE, "FreeStorageSpace"], 10 * _GIB, less=True)
    yield _Alarm("db-replica-lag-high", series[database.READER, LAG], LAG_LIMIT)
    yield _Alarm("redis-cpu-high", series[cache.CACHE, "EngineCPUUtilization"], 75)
    yield _Alarm("redis-evictions", series[cache.CACHE, "Evictions"], 0, "Sum")
    yield _Alarm("alb-5xx-high", series[front, "HTTPCode_Target_5XX_Count"], 20, "Sum")
    yield _Alarm("alb-latency-high", series[front, "TargetResponseTime"], 1)


def alarm(account: Account, balancer: Balancer) -> None:
    """Make the alarms, every one of them OK."""
    cloudwatch = account.client("cloudwatch")
    for each in _alarms(balancer):
        name, identifier = each.series.dimension
        cloudwatch.put_metric_alarm(
            AlarmName=f"{PROJECT}-{each.name}", Namespace=each.series.namespace, MetricName=each.series.name,
            Dimensions=[{"Name": name, "Value": identifier}], Statistic=each.statistic, Period=60, EvaluationPeriods=5,
            ComparisonOperator="LessThanThreshold" if each.less else "GreaterThanThreshold", Threshold=each.limit,
            TreatMissingData="missing", Tags=TAGS,
        )  # fmt: skip
