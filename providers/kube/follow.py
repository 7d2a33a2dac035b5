"""Following a rollout to its end: done, stuck with the reason, or failed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Sequence

import msgspec

from providers.core.action import Progress, Stage
from providers.core.errors import BackendError, NotFound
from providers.kube import convert, wire
from providers.kube.client import KubeClient
from providers.kube.impact import pods_of
from providers.kube.rollouts import deployment_path
from providers.kube.values import Deployment, Pod

EVERY = 1.0
LONGEST = 900.0
"""Seconds after which following gives up; the rollout itself goes on."""


async def follow(
    client: KubeClient, namespace: str, name: str, uid: str, generation: int, *, every: float = EVERY
) -> AsyncGenerator[Progress, None]:
    """Yield progress, each different from the last, until done, stuck or failed. A cut of the API is waited out."""
    last: Progress | None = None
    end = time.monotonic() + LONGEST
    while time.monotonic() < end:
        progress = await _look(client, namespace, name, uid, generation)
        if progress != last:
            yield progress
            last = progress
        if progress.stage is not Stage.RUNNING:
            return
        await asyncio.sleep(every)
    yield Progress(Stage.STUCK, f"not done after {LONGEST:g} s; last seen: {last.message if last else 'nothing'}")


async def _look(client: KubeClient, namespace: str, name: str, uid: str, generation: int) -> Progress:
    try:
        body = await client.get(deployment_path(namespace, name))
        deployment = convert.deployment(msgspec.json.decode(body, type=wire.Deployment))
        pods = await pods_of(client, namespace, deployment.selector)
    except NotFound:
        return Progress(Stage.FAILED, "the deployment was deleted")
    except BackendError as error:
        return Progress(Stage.RUNNING, f"cannot see it just now: {error.message}")
    return judge(deployment, pods, uid, generation)


def judge(deployment: Deployment, pods: Sequence[Pod], uid: str, generation: int) -> Progress:
    """What one look says. `generation` is the one our change made; a newer one means that somebody went on."""
    if deployment.uid != uid:
        return Progress(Stage.FAILED, "the deployment was deleted and made anew")
    if deployment.generation > generation:
        return Progress(
            Stage.FAILED, f"superseded: somebody changed the spec again (generation {deployment.generation})"
        )
    fraction = min(deployment.updated, deployment.available) / deployment.desired if deployment.desired else 1.0
    held = _held_back(pods)
    match deployment.rollout.state:
        case "complete":
            return Progress(Stage.DONE, f"{deployment.available} of {deployment.desired} updated and available", 1.0)
        case "stuck":
            return Progress(Stage.STUCK, "; ".join(filter(None, (deployment.rollout.reason, held))), fraction)
        case "paused":
            return Progress(Stage.STUCK, "the deployment is paused", fraction)
    return Progress(Stage.RUNNING, "; ".join(filter(None, (deployment.rollout.reason, held))), fraction)


def _held_back(pods: Sequence[Pod]) -> str:
    """The youngest pods that are not well, each with its reason; those just starting are no news."""
    unwell = [p for p in pods if not p.healthy and not p.deleting]
    newest = sorted(unwell, key=lambda p: p.created.timestamp() if p.created else 0.0, reverse=True)[:2]
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
