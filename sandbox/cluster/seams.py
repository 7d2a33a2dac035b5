"""What the API server and the nodes of the sandbox cluster ask of each other, and nothing more.

The server owns the store and every protocol; the nodes own containers, their logs and what runs in them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

Manifest = dict[str, Any]
"""A Kubernetes object as JSON. Objects that come out of the store are shared: copy before changing one."""


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line a container wrote: `at` in UTC with nanoseconds kept in `nanos`, `text` without its newline."""

    at: datetime
    nanos: int
    text: bytes
    stream: str = "stdout"


@dataclass(frozen=True, slots=True)
class LogQuery:
    """The options of `GET …/pods/{name}/log`, parsed. `since` is an absolute UTC time."""

    container: str
    previous: bool = False
    follow: bool = False
    tail: int | None = None
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """What a process in a pod answers to one HTTP request."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


class Process(Protocol):
    """A command running in a container (exec). `output` ends when the command does; then `exit_code` is set."""

    exit_code: int | None

    def output(self) -> AsyncIterator[tuple[str, bytes]]:
        """Yield ("stdout" | "stderr", chunk)."""

    async def feed(self, data: bytes) -> None:
        """Write to stdin; b"" closes it."""

    async def kill(self) -> None:
        """Stop it; safe to call twice."""


class LogUnavailable(LookupError):
    """No such log. `str()` is the text the kubelet sends (HTTP 400), e.g. previous container not found."""


class ConnectionRefused(OSError):
    """Nothing listens on that port of that pod."""


class Runtime(Protocol):
    """The nodes as the API server sees them."""

    def logs(self, namespace: str, pod: str, query: LogQuery) -> AsyncIterator[LogLine]:
        """Yield lines, oldest first; with `follow` go on until the container ends. Raises LogUnavailable."""

    async def exec(self, namespace: str, pod: str, container: str, argv: list[str], *, tty: bool) -> Process:
        """Start a command. Raises LookupError (container not running), FileNotFoundError (no such program)."""

    async def http(
        self, namespace: str, pod: str, port: int, method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> HttpAnswer:
        """Ask the process that listens on `port` of the pod. Raises ConnectionRefused."""

    def node_metrics(self) -> list[Manifest]:
        """metrics.k8s.io/v1beta1 NodeMetrics objects, current."""

    def pod_metrics(self, namespace: str | None) -> list[Manifest]:
        """metrics.k8s.io/v1beta1 PodMetrics objects, current."""


class Objects(Protocol):
    """The store as the controllers and nodes see it. Keys are "pods", "deployments.apps", "replicasets.apps", …

    Raises (from sandbox.cluster.store): NotFound, Conflict, Invalid.
    """

    def get(self, key: str, namespace: str | None, name: str) -> Manifest: ...

    def list(self, key: str, namespace: str | None = None) -> list[Manifest]: ...

    def create(self, key: str, obj: Manifest) -> Manifest:
        """Fill in uid, creationTimestamp, resourceVersion, generateName, defaults; return the stored object."""

    def replace(self, key: str, obj: Manifest, *, subresource: str | None = None) -> Manifest:
        """Conflict on a stale resourceVersion. `generation` moves with spec; "status" writes status only."""

    def modify(
        self, key: str, namespace: str | None, name: str, change: Any, *, subresource: str | None = None
    ) -> Manifest:
        """Apply `change(copy)` to a private copy and store it; a change that changes nothing makes no new version."""

    def delete(self, key: str, namespace: str | None, name: str, *, grace: int | None = None) -> Any:
        """A pod with grace > 0 only gets its deletionTimestamp; the kubelet removes it later with grace=0."""

    def subscribe(self, *keys: str) -> AsyncIterator[tuple[str, str, Manifest]]:
        """Yield (event type, key, object): first every present object as ADDED, then each change in order."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast the cluster's own clocks run: 1.0 is life-like, 20.0 makes back-offs and probes 20 times shorter."""

    factor: float = 1.0

    def seconds(self, real: float) -> float:
        """The time to wait here for what takes `real` seconds in a true cluster."""
        return real / self.factor
