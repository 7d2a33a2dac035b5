"""Programs beside the bridge: the telemetry sidecar and the pods of kube-system and monitoring."""

from __future__ import annotations

import time
from typing import ClassVar

from sandbox.cluster.nodes.programs.box import Ask, Box
from sandbox.cluster.nodes.programs.service import Line, Service, not_found
from sandbox.cluster.nodes.times import NANOS
from sandbox.cluster.seams import HttpAnswer


def _clock(at: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))


class Sidecar(Service):
    """Ships telemetry; writes logfmt instead of JSON."""

    port: ClassVar[int] = 9102
    gap: ClassVar[float] = 5.0
    boot: ClassVar[float] = 0.6
    base_memory = 22 * 2**20
    base_cpu = 6

    def _speak(self, box: Box, at: int | None) -> None:
        when = (at or time.time_ns()) / NANOS
        rng = box.rng
        late = rng.random() < 0.05
        level, text = ("warn", "export retried") if late else ("info", "exported")
        fields = f"spans={rng.randrange(20, 400)} bytes={rng.randrange(4_000, 90_000)} took_ms={rng.randrange(4, 60)}"
        more = ' attempt=2 err="deadline exceeded"' if late else ""
        box.ring.write(f'time={_clock(when)} level={level} msg="{text}" {fields}{more}'.encode(), at=at)

    def line(self, box: Box, at: float) -> Line:
        """See `Service`; the sidecar writes its own form."""
        return "info", "exported", {}


class Daemon(Service):
    """A pod of the cluster itself: says one thing now and then, in plain klog lines."""

    gap: ClassVar[float] = 30.0
    boot: ClassVar[float] = 0.8

    def __init__(self, port: int, source: str, texts: tuple[str, ...], memory_mib: int, cpu: int) -> None:
        self.listening_on = port
        self._source = source
        self._texts = texts
        self.base_memory = memory_mib * 2**20
        self.base_cpu = cpu

    async def _serve(self, box: Box) -> None:
        box.listening.add(self.listening_on)
        await super()._serve(box)

    def _speak(self, box: Box, at: int | None) -> None:
        when = (at or time.time_ns()) / NANOS
        head = time.strftime("I%m%d %H:%M:%S", time.gmtime(when)) + f".{int(when % 1 * 1e6):06d}"
        box.ring.write(f"{head}       1 {self._source}] {box.rng.choice(self._texts)}".encode(), at=at)

    def line(self, box: Box, at: float) -> Line:
        """See `Service`; a daemon writes its own form."""
        return "info", box.rng.choice(self._texts), {}

    def answer(self, box: Box, ask: Ask) -> HttpAnswer:
        """Health under the usual names."""
        if ask.path in ("/health", "/healthz", "/ready", "/readyz", "/livez", "/-/healthy", "/-/ready"):
            return HttpAnswer(200, b"ok", {"Content-Type": "text/plain"})
        return super().answer(box, ask) if ask.path == "/metrics" else not_found(ask)


COREDNS = Daemon(8080, "cache.go:112", ("[INFO] cache prefetch", "[INFO] reload: no change in Corefile"), 24, 8)
PROXY = Daemon(10256, "proxier.go:798", ("Syncing iptables rules", 'SyncProxyRules complete elapsed="41.2ms"'), 34, 12)
CNI = Daemon(61678, "ipamd.go:1103", ("IP pool is OK: 14 total, 6 assigned", "Reconciled ENI"), 62, 15)
METRICS = Daemon(10250, "scraper.go:149", ("Scraped metrics from 3 nodes", "Storing metrics"), 48, 18)
PROMETHEUS = Daemon(9090, "compact.go:567", ("compact blocks done", "head GC completed"), 640, 120)
ALERTS = Daemon(9093, "nflog.go:546", ("Maintenance done", "Gossip settled"), 38, 6)
