"""What a program sees of the container it runs in."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from sandbox.cluster.nodes import quantities
from sandbox.cluster.nodes.kubelet.logring import LogRing
from sandbox.cluster.nodes.machines import Machine
from sandbox.cluster.nodes.programs.bridge import Bridge
from sandbox.cluster.nodes.programs.knobs import Knobs, Setting
from sandbox.cluster.nodes.times import now
from sandbox.cluster.seams import HttpAnswer, Manifest, Pace

# Log lines come no faster than this however fast the cluster's clocks run, so that rates stay believable.
_TALK_PACE = 5.0


@dataclass(frozen=True)
class World:
    """What all programs share."""

    seed: int
    pace: Pace
    bridge: Bridge
    knobs: Knobs
    run: Callable[[Box, list[str]], Coroutine[Any, Any, int]]
    """Runs a command line whose output is the log of the box."""


@dataclass(frozen=True)
class Ask:
    """One HTTP request to a program."""

    port: int
    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass
class Box:
    """One run of one container. `recalled` means it was already running when the cluster was seeded."""

    world: World
    pod: Manifest
    container: Manifest
    machine: Machine
    image: str
    env: dict[str, str]
    files: dict[str, bytes]
    ring: LogRing
    rng: random.Random
    started: datetime
    restarts: int
    recalled: bool
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    listening: set[int] = field(default_factory=set)
    served: dict[str, int] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The name of the pod, which is also its host name."""
        return str(self.pod["metadata"]["name"])

    @property
    def version(self) -> str:
        """The tag of the image."""
        return self.image.rpartition(":")[2]

    @property
    def setting(self) -> Setting:
        """What faults have turned for this container."""
        return self.world.knobs.of(self.container["name"])

    @property
    def age(self) -> float:
        """Seconds of the cluster's time since it started."""
        return (now() - self.started).total_seconds() * (1.0 if self.recalled else self.world.pace.factor)

    @property
    def memory_limit(self) -> int | None:
        """Bytes, None without a limit."""
        limit = ((self.container.get("resources") or {}).get("limits") or {}).get("memory")
        return quantities.size(limit) if limit else None

    def growth(self) -> float:
        """Seconds of the cluster's time during which the present setting has been at work here."""
        since = (time.monotonic() - self.setting.since) * self.world.pace.factor
        return max(0.0, min(self.age, since))

    def memory(self, base: int) -> int:
        """Bytes in use when a quiet program needs `base`."""
        setting, grown = self.setting, self.growth() if self.setting.hungry else 0.0
        warm = 0.7 + 0.3 * min(1.0, self.age / 20)
        return int(base * warm + setting.surge * min(1.0, grown / 10) + setting.leak * grown)

    def say(self, level: str, message: str, *, at: int | None = None, **fields: Any) -> None:
        """Write one JSON line. `at` is in nanoseconds since the epoch."""
        self.ring.write(json_line(self, level, message, at or time.time_ns(), fields), at=at)

    async def pause(self, seconds: float, *, talk: bool = False) -> bool:
        """Wait that long in the cluster's time; True when the container is asked to stop meanwhile."""
        factor = self.world.pace.factor
        real = seconds / (min(factor, _TALK_PACE) if talk else factor)
        try:
            async with asyncio.timeout(real):
                await self.stopping.wait()
        except TimeoutError:
            return False
        return True


def json_line(box: Box, level: str, message: str, at: int, fields: Mapping[str, Any]) -> bytes:
    """A log line as the services of the bridge write it."""
    second, nanos = divmod(at, 1_000_000_000)
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second)) + f".{nanos // 1_000_000:03d}Z"
    service = box.container["name"]
    record = {"ts": stamp, "level": level, "service": service, "version": box.version, "msg": message, **fields}
    return json.dumps(record, separators=(",", ":")).encode()


class Program(Protocol):
    """What an image runs. It has no state of its own: all of it is in the box."""

    base_memory: int
    """Bytes a quiet instance holds."""
    base_cpu: int
    """Millicores a quiet instance burns."""
    tools: frozenset[str]
    """Commands of the image beyond the ordinary ones."""

    async def run(self, box: Box) -> int:
        """Run until the end or until `box.stopping`; return the exit code."""

    def answer(self, box: Box, ask: Ask) -> HttpAnswer:
        """Answer a request on a port that it listens on."""
