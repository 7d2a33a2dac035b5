"""Error lines a minute per service, from a bounded sample of its pods' newest log lines."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence

import msgspec

from providers.core.config import Service
from providers.core.errors import BackendError, Denied
from providers.core.feed import Fault, Feed
from providers.kube.client import KubeClient
from providers.kube.selectors import Selector
from providers.kube.values import Pod

EVERY = 15.0
WINDOW = 60
"""Seconds of log that are looked at."""
SAMPLE = 256 * 1024
"""Bytes read of one container's window; more than that is counted up from the sample's share."""
PODS_AT_MOST = 10
SLICE = 500
"""Lines after which others run: about a millisecond."""


class ErrorRate(msgspec.Struct, frozen=True):
    """Error lines a minute of one service; `lines` is None when they could not be read, and `fault` says why."""

    service: str
    lines: float | None
    cut: bool = False
    fault: Fault | None = None


async def error_rates(
    client: KubeClient, services: Sequence[Service], pods: Feed[tuple[Pod, ...]]
) -> tuple[ErrorRate, ...]:
    """One rate a configured service, read side by side. Raises the pods feed's fault."""
    present = await pods.first()
    return tuple(await asyncio.gather(*(rate_of(client, service, present) for service in services)))


async def rate_of(client: KubeClient, service: Service, pods: tuple[Pod, ...]) -> ErrorRate:
    """The rate of one service over those of `pods` that its selector chooses."""
    chosen = Selector.parse(service.selector)
    mine = [pod for pod in pods if chosen.matches(pod.labels)][:PODS_AT_MOST]
    names = [(pod, c.name) for pod in mine for c in pod.containers if not c.init and c.state == "running"]
    pattern = re.compile(service.error_pattern)
    try:
        samples = await asyncio.gather(*(_sample(client, pod, container) for pod, container in names))
    except Denied as error:
        return ErrorRate(service.name, None, fault=Fault.of(error))
    count = sum([await _errors(sample, pattern) for sample in samples])
    return ErrorRate(service.name, count * 60 / WINDOW, cut=any(len(s) >= SAMPLE for s in samples))


async def _sample(client: KubeClient, pod: Pod, container: str) -> bytes:
    path = f"/api/v1/namespaces/{pod.namespace}/pods/{pod.name}/log"
    try:
        return await client.get(path, {"container": container, "sinceSeconds": WINDOW, "limitBytes": SAMPLE})
    except Denied:
        raise
    except BackendError:
        # A pod that is going or only just coming has no log yet; the others tell enough.
        return b""


async def _errors(sample: bytes, pattern: re.Pattern[str]) -> int:
    """Lines in which the pattern is found, a slice at a time: all samples at once would hold the loop for 30 ms."""
    lines, count = sample.splitlines(), 0
    for start in range(0, len(lines), SLICE):
        count += sum(
            1 for line in lines[start : start + SLICE] if pattern.search(line[:4096].decode("utf-8", "replace"))
        )
        await asyncio.sleep(0)
    return count
