"""Faults of the API server itself."""

from __future__ import annotations

from sandbox.cluster.access import Rule
from sandbox.cluster.cluster import Cluster
from sandbox.fault import Fault

_NO_PODS = Rule(("list", "watch"), ("",), ("pods",), "fusion-bitcoin")


async def _slow(cluster: Cluster) -> None:
    cluster.trouble.slow = True


async def _fast(cluster: Cluster) -> None:
    cluster.trouble.slow = False


async def _flaky(cluster: Cluster) -> None:
    cluster.trouble.flaky = True


async def _steady(cluster: Cluster) -> None:
    cluster.trouble.flaky = False


async def _down(cluster: Cluster) -> None:
    await cluster.hang_up()


async def _up(cluster: Cluster) -> None:
    await cluster.listen(cluster.port)


async def _compact(cluster: Cluster) -> None:
    """Every open watch ends, and the revision it would go on from is too old, as after a compaction."""
    cluster.store.compact()
    await cluster.hang_up()
    await cluster.listen(cluster.port)


async def _nothing(cluster: Cluster) -> None:
    """It is over by itself: clients list again."""


async def _expire(cluster: Cluster) -> None:
    cluster.tokens.expire()


async def _renew(cluster: Cluster) -> None:
    cluster.tokens.restore()


async def _forbid(cluster: Cluster) -> None:
    cluster.policy.withdraw("oncall", _NO_PODS)
    await cluster.hang_up()
    await cluster.listen(cluster.port)


async def _allow(cluster: Cluster) -> None:
    cluster.policy.restore("oncall")


API_FAULTS: tuple[Fault[Cluster], ...] = (
    Fault("api-slow", "every answer of the cluster takes about two seconds", ("G01",), _slow, _fast),
    Fault(
        "api-down", "the cluster refuses connections; panels go stale with the last known rows", ("G01",), _down, _up
    ),
    Fault("api-flaky", "resets, 500, 429 and HTML from a proxy, one request in two", ("G01",), _flaky, _steady),
    Fault(
        "watch-expired",
        "every watch ends with 410 Gone; rows must come back by themselves",
        ("K01",),
        _compact,
        _nothing,
    ),
    Fault("token-expired", "401 for the tokens of the kubeconfigs; the light says login", ("G01",), _expire, _renew),
    Fault("forbidden", "user oncall may not list pods any more; that panel names the right", ("K01",), _forbid, _allow),
)
