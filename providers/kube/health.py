"""Is it well after a change? Pods ready, restarts still, health endpoints answering, errors quiet (E06)."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import msgspec

from providers.core.backoff import Backoff
from providers.core.check import Finding, Verdict, finding
from providers.core.config import Service
from providers.core.errors import BackendError, Denied, TimedOut, Unreachable
from providers.core.text import clean
from providers.kube import convert, wire
from providers.kube.client import KubeClient
from providers.kube.errorrate import WINDOW as LOG_WINDOW
from providers.kube.errorrate import rate_of
from providers.kube.follow import why
from providers.kube.impact import pods_of
from providers.kube.raw import label_query, part
from providers.kube.rollouts import deployment_path
from providers.kube.values import Deployment, Pod

ROW: Final = "E06"
WINDOW: Final = 5.0
"""Seconds between the two looks at the restart counts."""
ANSWER: Final = 5.0
"""Seconds a health endpoint may take."""
PATIENCE: Final = 40.0
"""Seconds a cluster that cannot be reached is waited for: a rollout often ends while its API server restarts."""


class Expectations(msgspec.Struct, frozen=True):
    """What a healthy deployment gives: the endpoints of its configured service, and at most so many error lines."""

    services: tuple[Service, ...] = ()
    error_lines_per_minute: float = 5.0


async def verify(
    client: KubeClient, namespace: str, name: str, expected: Expectations, *, window: float = WINDOW
) -> tuple[Finding, ...]:
    """Judge a deployment now. What cannot be asked is unknown, never green."""
    try:
        _, before = await _seen(client, namespace, name)
        await asyncio.sleep(window)
        deployment, pods = await _seen(client, namespace, name)
    except BackendError as error:
        return (_unknown(client, f"deployment/{name}", "it cannot be seen", error),)
    found = [judge_ready(client.source, deployment, pods), judge_restarts(client.source, name, before, pods)]
    service = next((s for s in expected.services if s.deployment == name), None)
    if service is None:
        return tuple(found)
    staying = [pod for pod in pods if not pod.deleting]
    asked = (*(_endpoint(client, pod, service) for pod in staying), _errors(client, service, staying, expected))
    return (*found, *await asyncio.gather(*asked))


async def verify_pods(
    client: KubeClient, subject: str, read: Callable[[], Awaitable[Sequence[Pod]]]
) -> tuple[Finding, ...]:
    """Judge pods that belong to no deployment: whether those that are left are well."""
    try:
        pods = await read()
    except BackendError as error:
        return (_unknown(client, subject, "its peers cannot be seen", error),)
    unwell = [p for p in pods if not p.healthy and not p.deleting]
    quote = "; ".join(f"{p.name}: {why(p)}" for p in unwell[:3]) or ", ".join(p.name for p in pods[:5]) or "no pod"
    summary = f"{len(pods) - len(unwell)} of {len(pods)} pods of its owner are well"
    return (_finding(client.source, subject, Verdict.FAIL if unwell else Verdict.PASS, summary, quote),)


async def _seen(client: KubeClient, namespace: str, name: str) -> tuple[Deployment, tuple[Pod, ...]]:
    """A look, as soon as the cluster can be reached. Raises what the last try raised."""
    give_up, backoff = time.monotonic() + PATIENCE, Backoff(first=0.5, cap=4.0)
    for attempt in itertools.count():
        try:
            return await _look(client, namespace, name)
        except Unreachable:
            pause = backoff.delay(attempt)
            if time.monotonic() + pause > give_up:
                raise
            await asyncio.sleep(pause)
    raise AssertionError("unreachable: a look succeeds or gives up")


async def _look(client: KubeClient, namespace: str, name: str) -> tuple[Deployment, tuple[Pod, ...]]:
    raw = await client.object(deployment_path(namespace, name))
    pods = await pods_of(client, namespace, label_query(part(raw, "spec", "selector")))
    return convert.deployment(msgspec.convert(raw, wire.Deployment)), pods


def judge_ready(source: str, deployment: Deployment, pods: Sequence[Pod]) -> Finding:
    """Every wanted pod is ready, and none is ill."""
    unwell = [p for p in pods if not p.healthy and not p.deleting]
    counted = f"{deployment.ready} of {deployment.desired} ready"
    subject = f"deployment/{deployment.name}"
    if deployment.ready >= deployment.desired and not unwell:
        return _finding(source, subject, Verdict.PASS, counted, counted)
    quote = "; ".join(f"{p.name}: {why(p)}" for p in unwell[:3]) or counted
    return _finding(source, subject, Verdict.FAIL, counted, quote)


def judge_restarts(source: str, name: str, before: Sequence[Pod], after: Sequence[Pod]) -> Finding:
    """Whether containers restarted between two looks."""
    known, subject = {p.uid: p.restarts for p in before}, f"deployment/{name}"
    risen = [p for p in after if p.restarts > known.get(p.uid, 0)]
    if not risen:
        total = sum(p.restarts for p in after)
        return _finding(source, subject, Verdict.PASS, "restarts stand still", f"{total} restarts in all, none new")
    quote = ", ".join(f"{p.name}: {p.restarts}" for p in risen)
    return _finding(source, subject, Verdict.FAIL, "containers still restart", quote)


async def _endpoint(client: KubeClient, pod: Pod, service: Service) -> Finding:
    """One pod's health endpoint through the API server's proxy."""
    path = f"/api/v1/namespaces/{pod.namespace}/pods/{pod.name}:{service.port}/proxy{service.health}"
    subject = f"pod/{pod.name}"
    try:
        body = await client.get(path, deadline=ANSWER)
    except Denied as error:
        # Only the cluster's own refusal names a right; a 403 of the service itself is its answer.
        if error.permission:
            return _unknown(client, subject, f"{service.health} may not be asked", error)
        return _finding(client.source, subject, Verdict.FAIL, f"{service.health} refuses", error.message)
    except Unreachable as error:
        said = "does not answer in time" if isinstance(error, TimedOut) else "could not be asked"
        return _unknown(client, subject, f"{service.health} {said}", error)
    except BackendError as error:
        return _finding(client.source, subject, Verdict.FAIL, f"{service.health} is not well", error.message)
    return _finding(client.source, subject, Verdict.PASS, f"{service.health} answers", clean(body, 200) or "HTTP 200")


async def _errors(client: KubeClient, service: Service, pods: Sequence[Pod], expected: Expectations) -> Finding:
    rate = await rate_of(client, service, tuple(pods))
    subject = f"service/{service.name}"
    if rate.lines is None or rate.fault is not None:
        fault = rate.fault
        said = fault.message if fault else "the logs could not be read"
        found = _finding(client.source, subject, Verdict.UNKNOWN, "error lines cannot be counted", said)
        return msgspec.structs.replace(found, permission=fault.permission if fault else "")
    most = expected.error_lines_per_minute
    verdict = Verdict.PASS if rate.lines <= most else Verdict.WARN
    quote = f"{rate.lines:g} error lines in the last {LOG_WINDOW} s, {most:g} a minute are usual"
    return _finding(client.source, subject, verdict, f"{rate.lines:g} error lines a minute", quote)


def _unknown(client: KubeClient, subject: str, summary: str, error: BackendError) -> Finding:
    permission = error.permission if isinstance(error, Denied) else ""
    return finding(
        ROW, subject, Verdict.UNKNOWN, summary, client.source, error.message, fix=error.fix, permission=permission
    )


def _finding(source: str, subject: str, verdict: Verdict, summary: str, quote: str) -> Finding:
    return finding(ROW, subject, verdict, summary, source, quote)
