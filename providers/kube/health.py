"""Is it well after a change? Pods ready, restarts still, health endpoints answering (E06)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from providers.core.check import Evidence, Finding, Verdict
from providers.core.config import Service
from providers.core.errors import BackendError, Denied
from providers.core.text import clean
from providers.kube import convert, wire
from providers.kube.client import KubeClient
from providers.kube.follow import why
from providers.kube.impact import pods_of
from providers.kube.rollouts import deployment_path
from providers.kube.values import Deployment, Pod

ROW = "E06"
WINDOW = 5.0
"""Seconds between the two looks at the restart counts."""


async def verify(
    client: KubeClient, namespace: str, name: str, services: Sequence[Service], *, window: float = WINDOW
) -> tuple[Finding, ...]:
    """Judge a deployment now. What cannot be asked is unknown, never green."""
    try:
        before = await _look(client, namespace, name)
        await asyncio.sleep(window)
        deployment, pods = await _look(client, namespace, name)
    except BackendError as error:
        return (_finding(client, name, Verdict.UNKNOWN, error.message, error.message),)
    service = next((s for s in services if s.deployment == name), None)
    answers = [await _endpoint(client, pod, service) for pod in pods if not pod.deleting] if service else []
    return (_ready(client, deployment, pods), _restarts(client, name, before[1], pods), *answers)


async def _look(client: KubeClient, namespace: str, name: str) -> tuple[Deployment, tuple[Pod, ...]]:
    body = await client.get(deployment_path(namespace, name))
    deployment = convert.deployment(msgspec.json.decode(body, type=wire.Deployment))
    return deployment, await pods_of(client, namespace, deployment.selector)


def _ready(client: KubeClient, deployment: Deployment, pods: Sequence[Pod]) -> Finding:
    unwell = [p for p in pods if not p.healthy and not p.deleting]
    counted = f"{deployment.ready} of {deployment.desired} ready"
    if deployment.ready >= deployment.desired and not unwell:
        return _finding(client, deployment.name, Verdict.PASS, counted, counted)
    quote = "; ".join(f"{p.name}: {why(p)}" for p in unwell[:3]) or counted
    return _finding(client, deployment.name, Verdict.FAIL, counted, quote)


def _restarts(client: KubeClient, name: str, before: Sequence[Pod], after: Sequence[Pod]) -> Finding:
    known = {p.uid: p.restarts for p in before}
    risen = [p for p in after if p.restarts > known.get(p.uid, p.restarts)]
    if not risen:
        total = sum(p.restarts for p in after)
        return _finding(client, name, Verdict.PASS, "restarts stand still", f"{total} restarts in all, none new")
    quote = ", ".join(f"{p.name}: {p.restarts}" for p in risen)
    return _finding(client, name, Verdict.FAIL, "containers still restart", quote)


async def _endpoint(client: KubeClient, pod: Pod, service: Service) -> Finding:
    """One pod's health endpoint through the API server's proxy."""
    path = f"/api/v1/namespaces/{pod.namespace}/pods/{pod.name}:{service.port}/proxy{service.health}"
    subject = f"pod/{pod.name}"
    try:
        body = await client.get(path, deadline=5.0)
    except Denied as error:
        found = _finding(client, subject, Verdict.UNKNOWN, f"{service.health} may not be asked", error.message)
        return msgspec.structs.replace(found, permission=error.permission)
    except BackendError as error:
        return _finding(client, subject, Verdict.FAIL, f"{service.health} does not answer", error.message)
    return _finding(client, subject, Verdict.PASS, f"{service.health} answers", clean(body, 200))


def _finding(client: KubeClient, subject: str, verdict: Verdict, summary: str, quote: str) -> Finding:
    return Finding(ROW, subject, verdict, summary, (Evidence(client.source, quote, datetime.now(UTC)),))
