"""The relayer of the sandbox cluster as a ground; the truth is what its containers put into their logs."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Hashable, Mapping, Sequence
from contextlib import aclosing
from typing import Any

import pytest

from providers.kube.logs import LogTarget
from providers.logs.line import Line
from sandbox.cluster.api_faults import API_FAULTS
from sandbox.cluster.cluster import Cluster
from sandbox.cluster.nodes.kubelet.logring import LineClock, LogRing

NS, RELAYER = "fusion-bitcoin", "fusion-bitcoin-relayer"
LINES_A_SECOND = 200
_DOWN = next(fault for fault in API_FAULTS if fault.name == "api-down")


class SandboxGround:
    """Entries are (stamp, text): no container stamps two lines alike."""

    target = LogTarget(NS, selector=f"app={RELAYER}", tail=0)

    def __init__(self, cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
        self._cluster = cluster
        self.logs: dict[str, LogRing] = {}
        """The newest of each container."""
        self._names: dict[LineClock, str] = {}
        self._written: dict[str, list[Hashable]] = defaultdict(list)
        append = LogRing._append

        def noted(ring: LogRing, text: bytes, stream: str, at: int | None) -> None:
            append(ring, text, stream, at)
            line = ring._lines[-1]
            stamp = f"{line.at:%Y-%m-%dT%H:%M:%S}.{line.nanos:09d}Z".encode()
            name = self._name(ring._clock)
            self._written[name].append((stamp, text))
            self.logs[name] = ring

        monkeypatch.setattr(LogRing, "_append", noted)
        cluster.runtime.knobs.turn("relayer", flood=LINES_A_SECOND)

    def _name(self, clock: LineClock) -> str:
        if clock not in self._names:
            for worker in self._cluster.runtime._kubelet.workers():
                for record in (*worker.inits, *worker.containers):
                    self._names[record.clock] = f"{worker.pod['metadata']['name']}/{record.name}"
        return self._names[clock]

    def entry(self, line: Line) -> Hashable:
        return line.stamp, line.text

    def written(self) -> Mapping[str, Sequence[Hashable]]:
        return {name: lines for name, lines in self._written.items() if name.endswith("/relayer")}

    def look(self) -> None:
        """Nothing passes here that is not in `written`."""

    def rotate(self, *, followed: bool) -> None:
        """Every log of the relayer, in the midst of the flow."""
        for name in self.written():
            self.logs[name].rotate(followed=followed)

    async def roll(self, release: int) -> None:
        def change(deployment: dict[str, Any]) -> None:
            container = deployment["spec"]["template"]["spec"]["containers"][0]
            container["image"] = f"registry.example/fusion-bitcoin/relayer:1.{release - 1}.0"

        self._cluster.store.modify("deployments.apps", NS, RELAYER, change)
        await self._pods(self._rolled)

    def _rolled(self, pods: Sequence[dict[str, Any]]) -> bool:
        deployment = self._cluster.store.get("deployments.apps", NS, RELAYER)
        status = deployment["status"]
        seen = status.get("observedGeneration") == deployment["metadata"]["generation"]
        return seen and status.get("updatedReplicas") == status.get("availableReplicas") == len(pods) == 3

    async def _pods(self, met: Callable[[Sequence[dict[str, Any]]], bool]) -> None:
        async with asyncio.timeout(60), aclosing(self._cluster.store.subscribe("pods", "deployments.apps")) as changes:  # type: ignore[type-var]
            async for _ in changes:
                pods = self._cluster.store.list("pods", NS)
                if met([pod for pod in pods if pod["metadata"]["labels"].get("app") == RELAYER]):
                    return

    async def stop_api(self) -> None:
        await _DOWN.inject(self._cluster)

    async def start_api(self) -> None:
        await _DOWN.heal(self._cluster)

    async def finish(self) -> None:
        self._cluster.store.modify("deployments.apps", NS, RELAYER, lambda d: d["spec"].update(replicas=0))
        await self._pods(lambda pods: not pods)
