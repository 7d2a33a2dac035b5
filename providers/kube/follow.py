"""Following a rollout to its end: done, stuck with the reason, or failed."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from functools import partial
from typing import Final

import msgspec

from providers.core.action import Progress, Stage
from providers.core.backoff import Backoff
from providers.core.errors import NotFound
from providers.core.following import followed
from providers.core.text import clean
from providers.kube import convert, wire
from providers.kube.client import KubeClient
from providers.kube.impact import pods_of
from providers.kube.raw import Manifest, items, label_query, last_writer, part
from providers.kube.rollouts import REVISION, deployment_path
from providers.kube.values import Deployment, Pod

EVERY: Final = 1.0
LONGEST: Final = 900.0
"""Seconds after which following gives up; the rollout itself goes on."""
HASH: Final = "pod-template-hash"
_Change = tuple[str, int, Callable[[Manifest], bool] | None]
_SLOWEST: Final = 8.0
"""Seconds between two looks while the cluster does not answer."""


def follow(
    client: KubeClient,
    namespace: str,
    name: str,
    uid: str,
    generation: int,
    *,
    every: float = EVERY,
    there: Callable[[Manifest], bool] | None = None,
) -> AsyncGenerator[Progress, None]:
    """Yield progress, each different from the last, until done, stuck or failed. A cut of the API is waited out.

    `generation` is the one the change made. A newer one means that somebody went on, which only ends the following when
    `there` says that the change is gone from the deployment: annotating or scaling it leaves the change in place.
    """
    look = partial(_look, client, namespace, name, (uid, generation, there))
    patience = Backoff(first=every, cap=_SLOWEST, jitter=0.25)
    return followed(look, every=every, longest=LONGEST, patience=patience)


async def _look(client: KubeClient, namespace: str, name: str, change: _Change) -> Progress:
    uid, generation, there = change
    try:
        raw = await client.object(deployment_path(namespace, name))
    except NotFound:
        return Progress(Stage.FAILED, "the deployment was deleted")
    deployment = convert.deployment(msgspec.convert(raw, wire.Deployment))
    if there is not None and there(raw):
        generation = max(generation, deployment.generation)
    pods: Sequence[Pod] = ()
    if deployment.rollout.state != "complete":
        pods = await _newest_pods(client, namespace, raw)
    return judge(deployment, pods, uid, generation, _writer(raw))


async def _newest_pods(client: KubeClient, namespace: str, deployment: Manifest) -> list[Pod]:
    """The pods of the revision that rolls out; those of the one it replaces are no reason why it waits."""
    query = label_query(part(deployment, "spec", "selector"))
    sets = await client.object(f"/apis/apps/v1/namespaces/{namespace}/replicasets", {"labelSelector": query})
    pods = await pods_of(client, namespace, query)
    revision = part(deployment, "metadata", "annotations").get(REVISION)
    newest = [s for s in items(sets, "items") if part(s, "metadata", "annotations").get(REVISION) == revision]
    hashes = {part(s, "metadata", "labels").get(HASH) for s in newest}
    return [pod for pod in pods if pod.labels.get(HASH) in hashes]


def _writer(deployment: Manifest) -> str:
    writer = last_writer(deployment, "spec")
    if writer is None:
        return ""
    return f" by {clean(writer.manager)}" + (f" at {writer.at:%H:%M:%SZ}" if writer.at else "")


def judge(deployment: Deployment, pods: Sequence[Pod], uid: str, generation: int, writer: str = "") -> Progress:
    """What one look says. `generation` is the one our change made; a newer one means that somebody went on."""
    if deployment.uid != uid:
        return Progress(Stage.FAILED, "the deployment was deleted and made anew")
    if deployment.generation > generation:
        said = f"superseded: the spec was changed again{writer} (generation {deployment.generation})"
        return Progress(Stage.FAILED, said)
    if deployment.generation < generation:
        return Progress(Stage.RUNNING, "the change is not there yet")
    fraction = min(deployment.updated, deployment.available) / deployment.desired if deployment.desired else 1.0
    message = "; ".join(filter(None, (deployment.rollout.reason, _held_back(pods))))
    match deployment.rollout.state:
        case "complete":
            return Progress(Stage.DONE, f"{deployment.available} of {deployment.desired} updated and available", 1.0)
        case "stuck":
            return Progress(Stage.STUCK, message, min(1.0, fraction))
        case "paused":
            return Progress(Stage.STUCK, "the deployment is paused", min(1.0, fraction))
    return Progress(Stage.RUNNING, message, min(1.0, fraction))


def _held_back(pods: Sequence[Pod]) -> str:
    """The youngest pods that are not well, each with its reason; those just starting are no news."""
    unwell = [p for p in pods if not p.healthy and not p.deleting]
    newest = sorted(unwell, key=lambda p: (p.created.timestamp() if p.created else 0.0, p.name), reverse=True)[:2]
    return ", ".join(f"{pod.name}: {why(pod)}" for pod in newest)


def why(pod: Pod) -> str:
    """Why a pod is not well, in one sentence."""
    for container in pod.containers:
        if container.state == "waiting" and container.reason not in {"", "ContainerCreating", "PodInitializing"}:
            past = f", last exit {container.last_exit_code} {container.last_reason}" if container.last_reason else ""
            return f"{container.name} {container.reason}{past}: {container.message}".rstrip(": ")
        if container.state == "terminated" and container.exit_code:
            return f"{container.name} exited {container.exit_code} {container.reason}".rstrip()
    for condition in pod.conditions:
        if condition.type in {"PodScheduled", "ContainersReady"} and condition.status != "True" and condition.message:
            return f"{pod.status}: {condition.message}"
    return pod.message or pod.status
