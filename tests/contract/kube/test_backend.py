"""V10: the backend as the frontend's own pod sees it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from providers.core.check import Finding, Verdict, run_check
from providers.core.config import BRIDGE, Kubernetes, Service, Thresholds
from providers.kube.check_backend import checks
from providers.kube.http_probe import ask_from
from providers.kube.provider import Kube
from sandbox.cluster.cluster import Cluster

SPACE = "fusion-bitcoin"
HEALTH = "http://fusion-bitcoin-relayer:3000/health"
FRONTEND = next(service for service in BRIDGE if service.name == "frontend")


async def _ask(cluster: Cluster, user: str = "oncall", **changes: Any) -> Finding:
    service: Service = msgspec.structs.replace(FRONTEND, **changes)
    settings = Kubernetes(kubeconfig=str(cluster.kubeconfigs[user]), namespace=SPACE)
    async with Kube("test", settings, (service,), Thresholds()) as kube:
        (found,) = await run_check(checks(kube)[0])
    return found


async def test_the_frontend_reaches_the_relayer_and_says_how_fast(cluster: Cluster) -> None:
    found = await _ask(cluster)
    assert (found.check, found.verdict) == ("V10", Verdict.PASS)
    assert found.subject == f"service/frontend → {HEALTH}"
    assert "with wget: HTTP 200 in 0." in found.evidence[0].quote


async def test_the_failing_hop_is_named(cluster: Cluster) -> None:
    unknown = await _ask(cluster, needs=("http://nowhere.invalid:1/health",))
    refused = await _ask(cluster, needs=("http://fusion-bitcoin-relayer:9/health",))
    absent = await _ask(cluster, needs=("http://fusion-bitcoin-relayer:3000/no-such-page",))
    assert (unknown.verdict, "bad address" in unknown.summary) == (Verdict.FAIL, True)
    assert (refused.verdict, "refused" in refused.summary) == (Verdict.FAIL, True)
    assert (absent.verdict, absent.summary) == (Verdict.FAIL, "it answers HTTP 404")


async def test_without_the_right_to_ask_it_is_unknown_and_the_right_is_named(cluster: Cluster) -> None:
    found = await _ask(cluster, "viewer")
    assert found.verdict is Verdict.UNKNOWN
    assert "pods/exec" in found.permission


async def test_without_a_ready_pod_there_is_nobody_to_ask(cluster: Cluster) -> None:
    found = await _ask(cluster, selector="app=nobody")
    assert (found.verdict, found.summary) == (Verdict.UNKNOWN, "no ready pod to ask from")


async def test_curl_tells_the_hops_apart(cluster: Cluster, connect_to: Callable[[Path], Kube]) -> None:
    client = connect_to(cluster.kubeconfigs["oncall"]).client
    pod = next(p for p in cluster.store.list("pods", SPACE) if "relayer" in p["metadata"]["name"])
    answer = await ask_from(client, SPACE, pod["metadata"]["name"], "relayer", "http://127.0.0.1:3000/health")
    assert answer is not None
    assert (answer.status, answer.tool) == (200, "curl")
