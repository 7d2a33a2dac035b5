"""The services of the estate, and the bridge's own."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from providers.core.config_systems import Name, Peer, Port, Regex, Section, Selector

HttpPath = Annotated[str, Meta(pattern="^/")]

ERROR_PATTERN: Final = r"(?i)\berror\b|level=error|\"level\":\"error\""


class Gauge(Section, frozen=True):
    """A number of a service's metrics page that has a healthy range."""

    metric: Regex
    """Regular expression a metric's whole name must match."""
    warn_below: float | None = None
    """Below this the check warns, in the metric's unit."""
    fail_below: float | None = None
    """Below this the check fails, in the metric's unit."""
    warn_above: float | None = None
    """Above this the check warns, in the metric's unit."""
    fail_above: float | None = None
    """Above this the check fails, in the metric's unit."""


class Service(Section, frozen=True):
    """One service of the estate: a deployment, its pods and what they serve. Its key is its name."""

    name: str
    """The key it stands under."""
    deployment: Name = ""
    """Name of the deployment. Empty: the service's own name."""
    selector: Selector = ""
    """Label selector of its pods. Empty: app=DEPLOYMENT."""
    container: str | None = None
    """Container that is the service. Unset: the pod's first."""
    port: Port = 3000
    """Port of its HTTP endpoints."""
    health: HttpPath = "/health"
    """Path that answers 200 while the process is alive."""
    ready: HttpPath = "/ready"
    """Path that answers 200 while it can take requests."""
    metrics: HttpPath = "/metrics"
    """Path of its Prometheus metrics."""
    profile: HttpPath = "/debug/pprof/profile"
    """Path of its CPU profile."""
    error_pattern: Regex = ERROR_PATTERN
    """Regular expression of the log lines that count as errors."""
    filters: dict[str, Regex] = msgspec.field(default_factory=dict)
    """Saved log filters: name to regular expression."""
    gauges: dict[str, Gauge] = msgspec.field(default_factory=dict)
    """Metrics to watch: name to range."""
    requests_metric: str = "http_requests_total"
    """Counter of its requests, labelled with the status."""
    latency_metric: str = "http_request_duration_seconds"
    """Histogram of its answer times, in seconds."""
    needs: tuple[Peer, ...] = ()
    """What it must reach from its pods: URLs or HOST:PORT."""

    def __post_init__(self) -> None:
        if not self.deployment:
            msgspec.structs.force_setattr(self, "deployment", self.name)
        if not self.selector:
            msgspec.structs.force_setattr(self, "selector", f"app={self.deployment}")


BRIDGE: Final = (
    Service(
        "relayer",
        deployment="fusion-bitcoin-relayer",
        filters={"pending": "(?i)pending", "error": "(?i)error"},
        gauges={"pending": Gauge("fusion_pending_transactions", warn_above=50)},
    ),
    Service(
        "resolver",
        deployment="fusion-bitcoin-resolver",
        port=3001,
        filters={"liquidity": "(?i)liquidity", "stale": "(?i)stale", "error": "(?i)error"},
        gauges={"liquidity": Gauge(".*liquidity.*")},
    ),
    Service(
        "frontend",
        deployment="fusion-bitcoin-frontend",
        filters={"error": "(?i)error"},
        needs=("http://fusion-bitcoin-relayer:3000/health",),
    ),
)
