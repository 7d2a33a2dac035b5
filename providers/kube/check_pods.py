"""Questions about pods and their containers: K01, K05, L04, N02."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from providers.core.check import Check, Finding, Verdict, finding
from providers.core.text import clean
from providers.kube.follow import why
from providers.kube.values import Container, Pod, Usage

if TYPE_CHECKING:
    from providers.kube.provider import Kube


def checks(kube: Kube) -> Sequence[Check]:
    """Bound to the feeds of one cluster."""
    limit = kube.thresholds.usage_of_limit
    recent = timedelta(minutes=kube.thresholds.restart_minutes)

    async def pods() -> list[Finding]:
        return [judge_pod(pod, "K01", kube.source, recent) for pod in await kube.pods.first()]

    async def system() -> list[Finding]:
        return [judge_pod(pod, "N02", kube.source, recent) for pod in await kube.system_pods.first()]

    async def usage() -> list[Finding]:
        found, used = await kube.pods.first(), {u.name: u for u in await kube.usage.first()}
        running = [p for p in found if p.status == "Running"]
        return [judge_usage(pod, used.get(pod.name), limit, kube.source) for pod in running]

    async def probes() -> list[Finding]:
        since = datetime.now(UTC) - recent
        failing = {
            e.subject_uid: e.message
            for e in await kube.events.first()
            if e.reason == "Unhealthy" and e.last is not None and e.last >= since
        }
        running = [p for p in await kube.pods.first() if p.status == "Running"]
        return [judge_probes(pod, failing.get(pod.uid, ""), kube.source) for pod in running]

    return (
        Check("K01", "Are the pods of the bridge well?", kube.source, pods),
        Check("K05", "Does a container come near its limits, or have none?", kube.source, usage),
        Check("L04", "Do probes fail, or are they missing?", kube.source, probes),
        Check("N02", "Are the system pods well?", kube.source, system),
    )


def judge_pod(pod: Pod, row: str, source: str, recent: timedelta) -> Finding:
    """Well, restarted recently (warn), or not well, with its reason."""
    subject = f"pod/{pod.name}"
    if not pod.healthy:
        verdict = (
            Verdict.WARN if pod.deleting or pod.status in {"ContainerCreating", "PodInitializing"} else Verdict.FAIL
        )
        reason = why(pod)
        said = f"{pod.status}, {pod.ready} ready" + ("" if reason == pod.status else f": {reason}")
        return finding(row, subject, verdict, clean(said, 300), source, reason)
    if pod.last_restart is not None and datetime.now(UTC) - pod.last_restart < recent:
        last = next((c for c in pod.containers if c.last_finished == pod.last_restart), None)
        quote = f"{last.name}: exit {last.last_exit_code} {last.last_reason}" if last else f"{pod.restarts} restarts"
        return finding(row, subject, Verdict.WARN, f"restarted {pod.restarts} times, lately", source, quote)
    return finding(row, subject, Verdict.PASS, f"{pod.status}, {pod.ready} ready", source, pod.status)


def judge_usage(pod: Pod, used: Usage | None, threshold: float, source: str) -> Finding:
    """Use against limits per container; a missing limit is worth a word, unknown use is unknown."""
    subject = f"pod/{pod.name}"
    if used is None:
        return finding("K05", subject, Verdict.UNKNOWN, "no use is known yet", source, "no metrics for this pod")
    containers = [c for c in pod.containers if not c.init]
    near = [text for c in containers for text in _near(c, used, threshold)]
    if near:
        return finding("K05", subject, Verdict.FAIL, "near its limit", source, "; ".join(near))
    missing = [f"{c.name} has no {what} limit" for c in containers for what in _unlimited(c)]
    if missing:
        return finding("K05", subject, Verdict.WARN, "limits are missing", source, "; ".join(missing))
    return finding("K05", subject, Verdict.PASS, "within its limits", source, f"below {threshold:.0%} of every limit")


def judge_probes(pod: Pod, failure: str, source: str) -> Finding:
    """A failing probe by the cluster's own words, or containers nobody asks."""
    subject = f"pod/{pod.name}"
    if failure:
        return finding("L04", subject, Verdict.FAIL, "a probe fails", source, failure)
    bare = [c.name for c in pod.containers if not c.init and "readiness" not in c.probes]
    if bare:
        quote = f"no readiness probe: {', '.join(bare)}"
        return finding("L04", subject, Verdict.WARN, "containers without a readiness probe", source, quote)
    return finding("L04", subject, Verdict.PASS, "probes pass", source, "no failure in the events")


def _near(container: Container, used: Usage, threshold: float) -> list[str]:
    cpu, memory = used.containers.get(container.name, (0.0, 0.0))
    pairs = (("cpu", cpu, container.cpu_limit), ("memory", memory, container.memory_limit))
    return [
        f"{container.name} {what} at {amount / limit:.0%} of its limit"
        for what, amount, limit in pairs
        if limit and amount / limit >= threshold
    ]


def _unlimited(container: Container) -> list[str]:
    pairs = (("cpu", container.cpu_limit), ("memory", container.memory_limit))
    return [what for what, limit in pairs if limit is None]
