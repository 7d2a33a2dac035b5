"""The journal of a machine: what its kubelet writes, a function of time, so that it goes on and never changes."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sandbox.cluster.nodes.machines import Machine
from sandbox.hosts.facts import API_SERVER, HOUR, Condition, Line, Neighbour, Scraper
from sandbox.hosts.processes import KUBELET, PIDS
from sandbox.noise import Noise

SLOT = 10.0
"""Seconds of one round of the kubelet's eviction manager, which speaks in each."""
KEPT = 24 * HOUR
"""How far back the journal reaches, in seconds."""
_ERROR, _WARNING, _INFO = 3, 4, 6
_LETTERS = {_ERROR: "E", _WARNING: "W", _INFO: "I"}
_PRESSURE = 0.85
"""Share of the disk from which the kubelet reclaims (EKS: nodefs.available below 10 %, images above 85 %)."""
_PAUSE = 0.00012
_RARE = 0.012
"""Share of the rounds in which the kubelet has something else to say."""

_Saying = tuple[int, str, str]
"""Priority, source file and line, text."""


@dataclass(frozen=True, slots=True)
class Journal:
    """The lines of the kubelet. They are stamped when it wrote them; journald has them 40 µs later."""

    machine: Machine
    noise: Noise
    condition: Condition
    neighbours: tuple[Neighbour, ...]
    scrapers: tuple[Scraper, ...]

    def between(self, start: float, end: float) -> Iterator[Line]:
        """Lines of (start, end], oldest first."""
        for slot in range(int(max(start, end - KEPT) // SLOT), int(end // SLOT) + 1):
            for line in self._slot(slot):
                if start < line.at <= end:
                    yield line

    def next_after(self, at: float) -> float:
        """The moment of the next line."""
        slot = int(at // SLOT)
        while True:
            for line in self._slot(slot):
                if line.at > at:
                    return line.at
            slot += 1

    def _slot(self, slot: int) -> list[Line]:
        base = slot * SLOT
        lines = [
            self._line(base + offset + number * _PAUSE, saying)
            for offset, sayings in self._rounds(slot, base)
            for number, saying in enumerate(sayings)
        ]
        return sorted(lines, key=lambda line: line.at)

    def _rounds(self, slot: int, base: float) -> Iterator[tuple[float, Sequence[_Saying]]]:
        shift, jitter = self._unit("round", 0), self._unit("jitter", slot)
        at = 1.2 + 6 * shift + 0.04 * jitter
        yield at, self._eviction(base + at)
        for number, scraper in enumerate(self.scrapers):
            for moment in scraper.moments(base, SLOT):
                yield moment - base + shift + 0.3 * number + 0.02 * jitter, [self._scrape(scraper, moment)]
        if self.neighbours and self._unit("rare", slot) < _RARE:
            yield 9.0 + 0.9 * jitter, self._rare(slot)

    def _unit(self, what: str, step: int) -> float:
        return self.noise.unit(f"{what}/{self.machine.name}", step)

    def _eviction(self, at: float) -> Sequence[_Saying]:
        filled = self.condition.filled
        calm = (_INFO, "eviction_manager.go:264", '"Eviction manager: synchronize housekeeping"')
        if filled is None or at < filled.at or filled.share < _PRESSURE:
            return calm, (_INFO, "eviction_manager.go:423", '"Eviction manager: no resources are starved"')
        return (calm, *_RECLAIM)

    def _scrape(self, scraper: Scraper, at: float) -> _Saying:
        latency = 4 + 30 * self._unit(scraper.agent, int(at))
        port = 40_000 + int(20_000 * self._unit(f"port/{scraper.agent}", int(at // HOUR)))
        text = (
            f'"HTTP" verb="GET" URI="{scraper.path}" latency="{latency:.6f}ms" userAgent="{scraper.agent}" '
            f'audit-ID="" srcIP="{scraper.ip}:{port}" resp=200'
        )
        return _INFO, "httplog.go:134", text

    def _rare(self, slot: int) -> Sequence[_Saying]:
        # Noise of one step under two names is not independent.
        which = self._unit("which", slot * 7)
        if which < 0.5:
            probed = self.neighbours[int(2 * which * len(self.neighbours))]
            return ((_INFO, "prober.go:120", _probe_failed(probed)),)
        waited = f"Waited for {1 + which:.9f}s due to client-side throttling, not priority and fairness"
        return ((_INFO, "request.go:729", f'"{waited}, request: GET:https://{API_SERVER}/api/v1/namespaces"'),)

    def _line(self, at: float, saying: _Saying) -> Line:
        priority, source, text = saying
        whole, micros = divmod(int(at * 1e6), 1_000_000)
        stamp = time.strftime("%m%d %H:%M:%S", time.gmtime(whole))
        head = f"{_LETTERS[priority]}{stamp}.{micros:06d} {PIDS[KUBELET]:>7} {source}]"
        # The kubelet writes to its standard error: journald knows every line of it as informational.
        return Line(at + 0.00004, KUBELET, PIDS[KUBELET], _INFO, f"{head} {text}")


_RECLAIM: tuple[_Saying, ...] = (
    (_WARNING, "eviction_manager.go:375",
     '"Eviction manager: attempting to reclaim" resourceName="ephemeral-storage"'),
    (_INFO, "container_gc.go:88", '"Attempting to delete unused containers"'),
    (_INFO, "image_gc_manager.go:447", '"Attempting to delete unused images"'),
    (_INFO, "eviction_manager.go:386",
     '"Eviction manager: must evict pod(s) to reclaim" resourceName="ephemeral-storage"'),
    (_ERROR, "eviction_manager.go:633", '"Eviction manager: eviction thresholds have been met, but there are no '
     'pods to evict"'),
)  # fmt: skip


def _probe_failed(probed: Neighbour) -> str:
    why = "context deadline exceeded (Client.Timeout exceeded while awaiting headers)"
    return (
        f'"Probe failed" probeType="Readiness" pod="{probed.namespace}/{probed.pod}" podUID="{probed.uid}" '
        f'containerName="{probed.container}" probeResult="failure" output="Get \\"{probed.url}\\": {why}"'
    )
