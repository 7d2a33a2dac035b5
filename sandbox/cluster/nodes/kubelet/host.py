"""What the pods of a node share: the store, the recorder, the world, and how names of containers are made."""

from __future__ import annotations

import random
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from sandbox.cluster.nodes.machines import Machine
from sandbox.cluster.nodes.programs.box import Box, World
from sandbox.cluster.nodes.recorder import Recorder
from sandbox.cluster.seams import Manifest, Objects

Executor = Callable[[Box, list[str]], Coroutine[Any, Any, tuple[int, str]]]


@dataclass
class Host:
    """One node as its pods see it. `pulled` are images it already has."""

    machine: Machine
    store: Objects
    recorder: Recorder
    world: World
    rng: random.Random
    execute: Executor
    pulled: set[str] = field(default_factory=set)

    def new_id(self) -> str:
        """A container id."""
        return f"{self.rng.getrandbits(256):064x}"

    def event(
        self, pod: Manifest, kind: str, reason: str, message: str, container: str = "", *, init: bool = False
    ) -> None:
        """Record an event of the kubelet about a pod or one of its containers."""
        path = f"spec.{'initContainers' if init else 'containers'}{{{container}}}" if container else ""
        self.recorder.record(
            pod, kind, reason, message, component="kubelet", host=self.machine.name, field_path=path
        )  # fmt: skip
