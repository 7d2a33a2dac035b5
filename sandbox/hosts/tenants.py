"""The containers of a machine as its runtime lists them, made from the pods of the cluster."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from sandbox.cluster.nodes.estate.machines import MACHINES
from sandbox.cluster.nodes.estate.planting import Planting
from sandbox.cluster.nodes.recorder import Recorder
from sandbox.cluster.nodes.times import parse
from sandbox.cluster.seams import Manifest
from sandbox.cluster.store import Store
from sandbox.hosts.facts import Neighbour, Scraper

Pods = Callable[[], Iterable[Manifest]]
"""All pods of the cluster, now."""


@dataclass(frozen=True, slots=True)
class Tenant:
    """One container, running or exited. `created` is in epoch seconds; `ip` is that of its pod."""

    id: str
    image_id: str
    created: float
    running: bool
    name: str
    attempt: int
    pod: str
    namespace: str
    pod_uid: str
    ip: str

    @property
    def sandbox(self) -> str:
        """The id of its pod's sandbox."""
        return _hash(f"sandbox/{self.pod_uid}")


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


async def planted(seed: int) -> Pods:
    """The pods of a cluster of that seed as they are when it starts: names and ids are those of the cluster."""
    store = Store(seed=seed)
    machines = [machine.fresh() for machine in MACHINES]
    await Planting(store, Recorder(store), machines, random.Random(seed)).plant()
    pods = store.list("pods")
    return lambda: pods


def tenants_of(node: str, pods: Iterable[Manifest]) -> list[Tenant]:
    """Its containers, youngest first."""
    mine = (pod for pod in pods if pod["spec"].get("nodeName") == node)
    return sorted((t for pod in mine for t in _containers(pod)), key=lambda t: t.created, reverse=True)


def _containers(pod: Manifest) -> Iterator[Tenant]:
    status = pod.get("status") or {}
    for held in (*status.get("initContainerStatuses", ()), *status.get("containerStatuses", ())):
        count = int(held.get("restartCount", 0))
        # While it waits for its next run, the newest run is the last one.
        before = count if "waiting" in held["state"] else count - 1
        for attempt, state in ((count, held["state"]), (before, held.get("lastState") or {})):
            tenant = _tenant(pod, held, max(0, attempt), state)
            if tenant is not None:
                yield tenant


def _tenant(pod: Manifest, held: Manifest, attempt: int, state: Manifest) -> Tenant | None:
    run = state.get("running") or state.get("terminated")
    if run is None:
        return None
    identity = run.get("containerID") or held.get("containerID") or ""
    meta = pod["metadata"]
    return Tenant(
        identity.removeprefix("containerd://"), _hash(held["imageID"]), parse(run["startedAt"]).timestamp(),
        "running" in state, held["name"], attempt, meta["name"], meta["namespace"], meta["uid"],
        pod["status"].get("podIP", ""),
    )  # fmt: skip


def probed(node: str, pods: Iterable[Manifest]) -> tuple[Neighbour, ...]:
    """The containers of the node that its kubelet asks over HTTP whether they are ready."""
    return tuple(
        Neighbour(pod["metadata"]["namespace"], pod["metadata"]["name"], pod["metadata"]["uid"], held["name"], url)
        for pod in pods
        if pod["spec"].get("nodeName") == node
        for held in pod["spec"]["containers"]
        if (url := _probe(pod, held)) is not None
    )


_SCRAPERS = (
    ("metrics-server", "metrics-server/v0.7.2", "/metrics/resource", 15.0),
    ("prometheus", "Prometheus/3.4.0", "/metrics/cadvisor", 30.0),
)


def scrapers(pods: Iterable[Manifest]) -> tuple[Scraper, ...]:
    """The pods that read the metrics of every kubelet."""
    first = {pod["spec"]["containers"][0]["name"]: pod["status"].get("podIP", "") for pod in pods}
    return tuple(Scraper(agent, path, period, first[name]) for name, agent, path, period in _SCRAPERS if name in first)


def _probe(pod: Manifest, container: Manifest) -> str | None:
    ask = (container.get("readinessProbe") or {}).get("httpGet")
    if ask is None:
        return None
    ports = {port.get("name"): port["containerPort"] for port in container.get("ports") or ()}
    return f"http://{pod['status']['podIP']}:{ports.get(ask['port'], ask['port'])}{ask.get('path', '/')}"
