"""Questions about deployments and services: E05, L03."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from providers.core.check import Check, Finding, Verdict, finding
from providers.kube.values import Deployment, Endpoints, Pod, Service, matches

if TYPE_CHECKING:
    from providers.kube.provider import Kube


def checks(kube: Kube) -> Sequence[Check]:
    """Bound to the feeds of one cluster."""

    async def rollouts() -> list[Finding]:
        return [judge_rollout(d, kube.source) for d in await kube.deployments.first()]

    async def endpoints() -> list[Finding]:
        behind = {e.name: e for e in await kube.endpoints.first()}
        pods = await kube.pods.first()
        return [judge_service(s, behind.get(s.name), pods, kube.source) for s in await kube.service_list.first()]

    return (
        Check("E05", "Is every rollout through?", kube.source, rollouts),
        Check("L03", "Does every service have ready endpoints?", kube.source, endpoints),
    )


def judge_rollout(deployment: Deployment, source: str) -> Finding:
    """Complete, on its way (warn), or stuck."""
    subject, rollout = f"deployment/{deployment.name}", deployment.rollout
    verdict = {"complete": Verdict.PASS, "stuck": Verdict.FAIL, "degraded": Verdict.FAIL}.get(
        rollout.state, Verdict.WARN
    )
    summary = f"revision {deployment.revision} is {rollout.state}, {deployment.ready} of {deployment.desired} ready"
    return finding("E05", subject, verdict, summary, source, rollout.reason or rollout.state)


def judge_service(service: Service, behind: Endpoints | None, pods: Sequence[Pod], source: str) -> Finding:
    """Ready endpoints, or the broken link: nothing chosen and which label differs, or chosen and not ready."""
    subject = f"service/{service.name}"
    ready, waiting = (behind.ready, behind.not_ready) if behind else ((), ())
    if ready:
        quote = f"{len(ready)} ready, {len(waiting)} not ready"
        return finding("L03", subject, Verdict.WARN if waiting else Verdict.PASS, quote, source, ", ".join(ready[:5]))
    if waiting:
        summary = f"no ready endpoint, {len(waiting)} not ready"
        return finding("L03", subject, Verdict.FAIL, summary, source, ", ".join(waiting[:5]))
    if not service.selector:
        return finding("L03", subject, Verdict.FAIL, "no endpoints", source, "no selector: they are made by hand")
    return finding("L03", subject, Verdict.FAIL, "its selector chooses no pod", source, _difference(service, pods))


def _difference(service: Service, pods: Sequence[Pod]) -> str:
    """The selector, and what the nearest pod has instead."""
    wanted = ",".join(f"{key}={value}" for key, value in service.selector.items())
    nearest = max(pods, key=lambda p: _nearness(service.selector, p.labels), default=None)
    if nearest is None or matches(service.selector, nearest.labels):
        return f"selector {wanted}; there is no such pod"
    differs = (
        f"{key}={nearest.labels.get(key, '(none)')}"
        for key, value in service.selector.items()
        if nearest.labels.get(key) != value
    )
    return f"selector {wanted}; the nearest pod {nearest.name} has {', '.join(differs)}"


def _nearness(selector: dict[str, str], labels: dict[str, str]) -> float:
    """How like the labels are to what is selected: a misspelt value is nearer than an absent key."""
    return sum(SequenceMatcher(None, value, labels.get(key, "")).ratio() for key, value in selector.items())
