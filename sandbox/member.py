"""What a member of the estate besides the cluster is: started together, seeded, reachable, stopped without a trace."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable


class Member(Protocol):
    """One system on loopback."""

    @property
    def where(self) -> dict[str, Any]:
        """Facts for `sandbox up`: name to address, path or credential."""

    @property
    def section(self) -> dict[str, Any]:
        """Its part of the console's configuration: section of an environment to keys."""

    @property
    def ports(self) -> tuple[int, ...]:
        """The ports that others may be led to."""

    async def stop(self) -> None:
        """End it; safe to call twice."""


@runtime_checkable
class Follower(Protocol):
    """A member that also shows what the cluster runs, and leads to the others."""

    def follow(self, pods: Callable[[], Iterable[dict[str, Any]]]) -> None:
        """Take the pods from here from now on: the objects of the API, as they are when asked for."""

    def allow(self, port: int) -> None:
        """Lead to this port of loopback."""


@runtime_checkable
class Known(Protocol):
    """A member that the pods reach, too."""

    @property
    def known_as(self) -> tuple[tuple[str, int], int]:
        """Host and port, as the bridge's configuration has them, and the port of loopback behind them."""


@dataclass(frozen=True, slots=True)
class Grounds:
    """What a member is given: the estate's private directory, a fresh one of its own in that, and the seed."""

    home: Path
    directory: Path
    seed: int


Starter = Callable[[Grounds], Awaitable[Member]]
