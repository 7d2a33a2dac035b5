"""Live use of pods, from metrics.k8s.io. That API has no watch: it is asked again every few seconds."""

from __future__ import annotations

from operator import attrgetter

import msgspec

from providers.core.errors import Garbled, NotFound
from providers.kube import convert, wire
from providers.kube.client import KubeClient
from providers.kube.slices import in_slices
from providers.kube.values import Usage

EVERY = 10.0
"""Seconds between two questions; metrics-server itself looks every 15."""


class _Metrics(msgspec.Struct):
    items: list[wire.PodMetrics] = []


async def pod_usage(client: KubeClient, namespace: str) -> tuple[Usage, ...]:
    """What every pod of the namespace uses now. NotFound says that the metrics API is not installed."""
    try:
        body = await client.get(f"/apis/metrics.k8s.io/v1beta1/namespaces/{namespace}/pods")
        items = msgspec.json.decode(body, type=_Metrics).items
    except NotFound:
        raise NotFound("the metrics API is not installed", source=client.source, fix="install metrics-server") from None
    except msgspec.DecodeError:
        raise Garbled("pod metrics: not JSON of metrics.k8s.io", source=client.source) from None
    found = [convert.usage(item) async for item in in_slices(items)]
    return tuple(sorted(found, key=attrgetter("name")))
