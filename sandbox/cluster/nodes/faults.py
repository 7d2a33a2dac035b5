"""Workload faults: each breaks the estate as a true cause would, so that what heals it in life heals it here."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing, suppress

from sandbox.cluster.errors import NotFound
from sandbox.cluster.nodes.estate.bridge import FRONTEND, RELAYER, RELEASES, RESOLVER, bridge_deployment, image
from sandbox.cluster.nodes.estate.config import NAMESPACE
from sandbox.cluster.nodes.estate.fixtures import services
from sandbox.cluster.nodes.nodes import Nodes
from sandbox.cluster.nodes.objects import condition, labels
from sandbox.cluster.nodes.podfacts import is_ready
from sandbox.cluster.nodes.quantities import mebibytes
from sandbox.cluster.seams import Manifest
from sandbox.fault import Fault

BAD_VERSION = "1.3.0"
ABSENT_TAG = "1.2.1-hotfix"
ABSENT_CONFIG = "fusion-bitcoin-fees"
CROWD = 24
LINES_A_SECOND = 10_000
_CAUSE = "kubernetes.io/change-cause"
_UPSTREAM_LOST = "upstream fusion-bitcoin-resolver:3001: no healthy backend"

Step = Callable[[Nodes], Awaitable[None]]


# -- changes of the estate


def _change(nodes: Nodes, name: str, change: Callable[[Manifest], None]) -> None:
    with suppress(NotFound):
        nodes.store.modify("deployments.apps", NAMESPACE, name, change)


def _roll(nodes: Nodes, name: str, change: Callable[[Manifest], None], cause: str) -> None:
    def apply(obj: Manifest) -> None:
        change(obj["spec"]["template"])
        obj["metadata"].setdefault("annotations", {})[_CAUSE] = cause

    _change(nodes, name, apply)


def _restored(name: str) -> Step:
    """The Deployment as it was seeded, whatever the operator did meanwhile; made again when it is gone."""

    async def heal(nodes: Nodes) -> None:
        seeded = bridge_deployment(name, RELEASES[-1])
        try:
            nodes.store.modify("deployments.apps", NAMESPACE, name, lambda obj: _as_seeded(obj, seeded))
        except NotFound:
            nodes.store.create("deployments.apps", seeded)

    return heal


def _as_seeded(obj: Manifest, seeded: Manifest) -> None:
    obj["spec"] = seeded["spec"]
    obj["metadata"].setdefault("annotations", {})[_CAUSE] = seeded["metadata"]["annotations"][_CAUSE]


async def _until(nodes: Nodes, app: str, met: Callable[[Manifest], bool], seconds: float = 60.0) -> None:
    """Wait for a pod of the application that shows the symptom. Raises TimeoutError."""
    async with (
        asyncio.timeout(nodes.pace.seconds(seconds) + 5),
        aclosing(nodes.store.subscribe("pods")) as changes,  # type: ignore[type-var]
    ):
        async for change, _, pod in changes:
            if change != "DELETED" and labels(pod).get("app") == app and met(pod):
                return


def _statuses(pod: Manifest) -> list[Manifest]:
    return list((pod.get("status") or {}).get("containerStatuses") or ())


def _waits(*reasons: str) -> Callable[[Manifest], bool]:
    def met(pod: Manifest) -> bool:
        return any(((s["state"].get("waiting") or {}).get("reason")) in reasons for s in _statuses(pod))

    return met


def _ended(reason: str) -> Callable[[Manifest], bool]:
    def met(pod: Manifest) -> bool:
        ends = [
            (s[where].get("terminated") or {}).get("reason") for s in _statuses(pod) for where in ("state", "lastState")
        ]
        return reason in ends

    return met


def _unschedulable(pod: Manifest) -> bool:
    found = condition((pod.get("status") or {}).get("conditions") or (), "PodScheduled")
    return bool(found and found.get("reason") == "Unschedulable")


# -- the faults


async def _bad_release(nodes: Nodes) -> None:
    def change(template: Manifest) -> None:
        template["metadata"]["labels"]["version"] = BAD_VERSION
        template["spec"]["containers"][0]["image"] = image("relayer", BAD_VERSION)

    _roll(nodes, RELAYER, change, f"release relayer {BAD_VERSION}: dynamic fees")
    await _until(nodes, RELAYER, lambda pod: _is_bad(pod) and (_ended("Error")(pod) or _waits("CrashLoopBackOff")(pod)))


def _is_bad(pod: Manifest) -> bool:
    return labels(pod).get("version") == BAD_VERSION


async def _bad_image(nodes: Nodes) -> None:
    def change(template: Manifest) -> None:
        template["metadata"]["labels"]["version"] = ABSENT_TAG
        template["spec"]["containers"][0]["image"] = image("frontend", ABSENT_TAG)

    _roll(nodes, FRONTEND, change, f"release frontend {ABSENT_TAG}")
    await _until(nodes, FRONTEND, _waits("ErrImagePull", "ImagePullBackOff"))


async def _oom(nodes: Nodes) -> None:
    nodes.knobs.turn("resolver", surge=mebibytes(420))
    await _until(nodes, RESOLVER, _ended("OOMKilled"))


async def _memory_leak(nodes: Nodes) -> None:
    nodes.knobs.turn("relayer", leak=mebibytes(1.2))


async def _readiness_failing(nodes: Nodes) -> None:
    nodes.knobs.turn("frontend", unready=_UPSTREAM_LOST)
    await _until(nodes, FRONTEND, lambda pod: not is_ready(pod))


def log_flood(lines_a_second: int = LINES_A_SECOND) -> Step:
    """The injection of `log-flood` at another rate."""

    async def inject(nodes: Nodes) -> None:
        nodes.knobs.turn("resolver", flood=lines_a_second)

    return inject


def _calm(container: str) -> Step:
    async def heal(nodes: Nodes) -> None:
        nodes.knobs.turn(container)

    return heal


async def _pending_capacity(nodes: Nodes) -> None:
    def crowd(obj: Manifest) -> None:
        obj["spec"]["replicas"] = CROWD

    _change(nodes, RESOLVER, crowd)
    await _until(nodes, RESOLVER, _unschedulable)


async def _missing_config(nodes: Nodes) -> None:
    def change(template: Manifest) -> None:
        sources = template["spec"]["containers"][0].setdefault("envFrom", [])
        if not any((s.get("configMapRef") or {}).get("name") == ABSENT_CONFIG for s in sources):
            sources.append({"configMapRef": {"name": ABSENT_CONFIG}})

    _roll(nodes, RESOLVER, change, "take fees from their own ConfigMap")
    await _until(nodes, RESOLVER, _waits("CreateContainerConfigError"))


def _select(app: str) -> Step:
    async def step(nodes: Nodes) -> None:
        def change(service: Manifest) -> None:
            service["spec"]["selector"] = {"app": app}

        try:
            nodes.store.modify("services", NAMESPACE, FRONTEND, change)
        except NotFound:
            lost = next(s for s in services() if s["metadata"]["name"] == FRONTEND)
            change(lost)
            nodes.store.create("services", lost)

    return step


WORKLOAD_FAULTS: tuple[Fault[Nodes], ...] = (
    Fault(
        "bad-release", "Release 1.3.0 of the relayer crash-loops on a missing setting; the rollout stops there.",
        ("K01", "K03", "E04", "E05"), _bad_release, _restored(RELAYER),
    ),
    Fault(
        "bad-image", "A new pod of the frontend is in ImagePullBackOff: the tag does not exist.",
        ("K01", "K02", "E04"), _bad_image, _restored(FRONTEND),
    ),
    Fault(
        "oom", "The resolver is OOMKilled again and again: its order book no longer fits the memory limit.",
        ("K01", "K05", "K09"), _oom, _calm("resolver"),
    ),
    Fault(
        "memory-leak", "Memory of the relayer grows by a megabyte a second towards its limit.",
        ("K05", "M05"), _memory_leak, _calm("relayer"),
    ),
    Fault(
        "pending-capacity", "The resolver was scaled beyond what the nodes hold; the rest of its pods stay Pending.",
        ("K01", "K08", "N06"), _pending_capacity, _restored(RESOLVER),
    ),
    Fault(
        "missing-config", "A new pod of the resolver is in CreateContainerConfigError: its ConfigMap does not exist.",
        ("K01", "K02", "K10"), _missing_config, _restored(RESOLVER),
    ),
    Fault(
        "selector-mismatch", "The frontend's Service selects no pod: it has no endpoints although its pods are ready.",
        ("L03", "L05"), _select(f"{FRONTEND}-v2"), _select(FRONTEND),
    ),
    Fault(
        "readiness-failing", "/ready of the frontend answers 503; its pods run but leave the endpoints.",
        ("L03", "L04", "K02"), _readiness_failing, _calm("frontend"),
    ),
    Fault(
        "log-flood", f"The resolver writes {LINES_A_SECOND:,} lines a second.",
        ("K04",), log_flood(), _calm("resolver"),
    ),
)  # fmt: skip
