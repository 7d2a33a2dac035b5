"""Startup, readiness and liveness probes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from sandbox.cluster.nodes.programs.box import Ask, Box, Program
from sandbox.cluster.seams import Manifest

Verdict = tuple[bool, str]
_USER_AGENT = "kube-probe/1.32"


@dataclass(frozen=True)
class Probe:
    """One probe of a container, in the words of its spec."""

    kind: str
    spec: Manifest
    program: Program
    box: Box
    pod_ip: str
    execute: Callable[[list[str]], Awaitable[tuple[int, str]]]

    def figure(self, name: str, default: int) -> int:
        """A number of the spec."""
        return int(self.spec.get(name) or default)

    async def ask(self) -> Verdict:
        """Probe once: whether it went well, and if not the kubelet's words."""
        if "httpGet" in self.spec:
            return self._http(self.spec["httpGet"])
        if "tcpSocket" in self.spec:
            return self._tcp(self.spec["tcpSocket"])
        code, output = await self.execute(list((self.spec.get("exec") or {}).get("command") or ()))
        return code == 0, output

    def _port(self, port: Any) -> int:
        for held in self.box.container.get("ports") or ():
            if held.get("name") == port:
                return int(held["containerPort"])
        return int(port)

    def _http(self, get: Manifest) -> Verdict:
        port, path = self._port(get["port"]), get.get("path", "/")
        if port not in self.box.listening:
            where = f"{self.pod_ip}:{port}"
            return False, f'Get "http://{where}{path}": dial tcp {where}: connect: connection refused'
        answer = self.program.answer(self.box, Ask(port, "GET", path, {"User-Agent": _USER_AGENT}))
        if 200 <= answer.status < 400:
            return True, ""
        return False, f"HTTP probe failed with statuscode: {answer.status}"

    def _tcp(self, socket: Manifest) -> Verdict:
        port = self._port(socket["port"])
        if port in self.box.listening:
            return True, ""
        return False, f"dial tcp {self.pod_ip}:{port}: connect: connection refused"


class Prober:
    """Runs one probe again and again; `tell` hears each failure, `turn` each change of the settled result."""

    def __init__(self, probe: Probe, tell: Callable[[str, str], None], turn: Callable[[bool], None]) -> None:
        self._probe = probe
        self._tell = tell
        self._turn = turn

    async def run(self, *, settled: bool | None = None, until: bool | None = None) -> None:
        """Probe until cancelled, or until the settled result is `until`. `settled` is what is believed at first."""
        probe, pace = self._probe, self._probe.box.world.pace
        await asyncio.sleep(pace.seconds(0 if settled else probe.figure("initialDelaySeconds", 0)))
        good = bad = 0
        while True:
            well, text = await probe.ask()
            good, bad = (good + 1, 0) if well else (0, bad + 1)
            if not well:
                self._tell(probe.kind, text)
            believed = self._believed(good, bad, settled)
            if believed != settled and believed is not None:
                settled = believed
                self._turn(settled)
            if settled is not None and settled == until:
                return
            await asyncio.sleep(pace.seconds(probe.figure("periodSeconds", 10)))

    def _believed(self, good: int, bad: int, settled: bool | None) -> bool | None:
        if good >= self._probe.figure("successThreshold", 1):
            return True
        if bad >= self._probe.figure("failureThreshold", 3):
            return False
        return settled
