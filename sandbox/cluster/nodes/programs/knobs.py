"""What faults can turn on the programs while they run, per container name."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field, replace

from sandbox.fault import Felt


@dataclass(frozen=True)
class Setting:
    """`surge` bytes of extra memory within ten seconds, `leak` bytes a second; times are those of the cluster."""

    surge: int = 0
    leak: float = 0.0
    unready: str = ""
    flood: int = 0
    since: float = field(default_factory=time.monotonic)

    @property
    def hungry(self) -> bool:
        """Whether it makes memory grow."""
        return bool(self.surge or self.leak)


_CALM = Setting(since=0.0)


class Knobs:
    """The settings of all containers."""

    def __init__(self) -> None:
        self._settings: dict[str, Setting] = {}
        self._ailments: dict[str, Felt] = {}
        self._turned = asyncio.Event()

    def of(self, container: str) -> Setting:
        """The setting of the containers of that name."""
        return self._settings.get(container, _CALM)

    def turn(self, container: str, *, surge: int = 0, leak: float = 0.0, unready: str = "", flood: int = 0) -> None:
        """Set all of them at once; without any, back to calm. Setting the same again changes nothing."""
        fresh = Setting(surge, leak, unready, flood)
        if replace(self.of(container), since=0.0) == replace(fresh, since=0.0):
            return
        self._settings[container] = fresh
        self._turned.set()
        self._turned = asyncio.Event()

    def ail(self, fault: str, felt: Felt) -> None:
        """Let the services feel a fault of what they depend on."""
        self._ailments[fault] = felt

    def recover(self, fault: str) -> None:
        """Let them feel it no longer."""
        self._ailments.pop(fault, None)

    @property
    def felt(self) -> tuple[Felt, ...]:
        """Everything that is felt now."""
        return tuple(self._ailments.values())

    async def turned(self) -> None:
        """Wait for the next change of any."""
        await self._turned.wait()
