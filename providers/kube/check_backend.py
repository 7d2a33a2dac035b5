"""Does a service reach the backends it needs, asked from its own pod? V10."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from providers.core.check import Check, Finding, Verdict, finding
from providers.core.config import Service
from providers.core.errors import BackendError, Denied, Unauthenticated
from providers.core.text import clean
from providers.kube.http_probe import Answer, ask_from
from providers.kube.selectors import Selector
from providers.kube.values import Pod

if TYPE_CHECKING:
    from providers.kube.provider import Kube

ROW: Final = "V10"
SLOW: Final = 1.0
"""Seconds from which an answer to a health question is slow."""
_HOPS: Final = ("name", "connect", "TLS", "first byte")


def checks(kube: Kube) -> Sequence[Check]:
    """Bound to one cluster."""

    async def backends() -> list[Finding]:
        pods = await kube.pods.first()
        asked = (_reach(kube, service, url, pods) for service in kube.services for url in _urls(service))
        return list(await asyncio.gather(*asked))

    return (Check(ROW, "Do services reach their backends, from their own pods?", kube.source, backends, timeout=30.0),)


def _urls(service: Service) -> Iterator[str]:
    yield from (need for need in service.needs if need.startswith(("http://", "https://")))


async def _reach(kube: Kube, service: Service, url: str, pods: Sequence[Pod]) -> Finding:
    subject = f"service/{service.name} → {clean(url, 120)}"
    chosen = Selector.parse(service.selector)
    pod = next((p for p in pods if p.healthy and not p.deleting and chosen.matches(p.labels)), None)
    if pod is None:
        selector = f"selector {service.selector}"
        return finding(ROW, subject, Verdict.UNKNOWN, "no ready pod to ask from", kube.source, selector)
    container = service.container or next(c.name for c in pod.containers if not c.init)
    try:
        answer = await ask_from(kube.client, pod.namespace, pod.name, container, url)
    except BackendError as error:
        return await _by_proxy(kube, subject, url, f"pod/{pod.name} could not be asked: {error.message}", error)
    if answer is None:
        nothing = f"the image of {pod.name} has no curl, wget or nc"
        return await _by_proxy(kube, subject, url, nothing, None)
    return judge_answer(kube.source, subject, pod.name, answer)


def judge_answer(source: str, subject: str, pod: str, answer: Answer) -> Finding:
    """2xx in good time is well; anything else names the hop or the status."""
    quote = f"from {pod} with {answer.tool}: {answer.words} in {answer.seconds:.3f} s{_split(answer.split)}"
    if answer.status is None:
        return finding(ROW, subject, Verdict.FAIL, answer.words, source, quote)
    if not 200 <= answer.status < 300:
        return finding(ROW, subject, Verdict.FAIL, f"it answers HTTP {answer.status}", source, quote)
    verdict = Verdict.WARN if answer.seconds > SLOW else Verdict.PASS
    return finding(ROW, subject, verdict, f"well, in {answer.seconds * 1000:.0f} ms", source, quote)


async def _by_proxy(kube: Kube, subject: str, url: str, why: str, error: BackendError | None) -> Finding:
    """Asked through the API server: that is another way than the pod's, and is said."""
    parts = urlsplit(url)
    name = (parts.hostname or "").partition(".")[0]
    path = f"/api/v1/namespaces/{kube.settings.namespace}/services/{name}:{parts.port or 80}/proxy{parts.path or '/'}"
    started = time.monotonic()
    permission = error.permission if isinstance(error, Denied) else ""
    try:
        await kube.client.get(path, deadline=5.0)
    except (Denied, Unauthenticated) as refused:
        summary, quote = "it cannot be asked", f"{why}; {refused.message}"
    except BackendError as lost:
        quote = f"{why}; {lost.message}"
        return finding(ROW, subject, Verdict.FAIL, "not well, asked by the API server", kube.source, quote)
    else:
        summary, quote = f"not asked from the pod; the API server got an answer in {_ms(started)} ms", why
    # That the API server reaches it says nothing of the pod's own way there.
    return finding(ROW, subject, Verdict.UNKNOWN, summary, kube.source, quote, permission=permission)


def _ms(started: float) -> int:
    return round((time.monotonic() - started) * 1000)


def _split(split: Sequence[float]) -> str:
    if not split:
        return ""
    return " (" + ", ".join(f"{hop} {at * 1000:.0f} ms" for hop, at in zip(_HOPS, split, strict=False) if at) + ")"
