"""A deployment that is followed through two rollouts and a restart of the API server, on whatever ground it stands."""

from __future__ import annotations

import os
import time
from collections import defaultdict
from collections.abc import AsyncGenerator, Hashable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Protocol

from providers.kube.logs import LogTarget
from providers.kube.provider import Kube
from providers.logs.line import Line
from tests.contract.kube.comparison import Comparison, Hole, compare
from tests.contract.kube.reader import Reader, reading

MINUTES = float(os.environ.get("FUSION_FOLLOW_MINUTES", "0"))
"""How long to follow; 0: as long as the two rollouts and the restart take."""
PATIENCE = 90.0


class Ground(Protocol):
    """A deployment of three pods that write steadily, and the truth about what they wrote."""

    target: LogTarget

    def entry(self, line: Line) -> Hashable:
        """What a line read stands for in `written`."""

    def written(self) -> Mapping[str, Sequence[Hashable]]:
        """What each container (pod/container) wrote, once `finish` was called."""

    def look(self) -> None:
        """Take note of what passes; called several times a second."""

    async def roll(self, release: int) -> None:
        """Replace every pod, and return when that is done."""

    async def stop_api(self) -> None: ...

    async def start_api(self) -> None: ...

    async def finish(self) -> None:
        """End every container."""


class Followed:
    """What came: the entries by container, in order, and the reader with its counts."""

    def __init__(self, ground: Ground, reader: Reader) -> None:
        self.reader = reader
        self.begun: frozenset[str] = frozenset()
        self._ground = ground

    def entries(self) -> dict[str, list[Hashable]]:
        found: dict[str, list[Hashable]] = defaultdict(list)
        for line in self.reader.lines:
            found[line.origin.label].append(self._ground.entry(line))
        return found

    def compared(self) -> Comparison:
        return compare(self._ground.written(), self.entries(), begun=self.begun)

    def unsaid(self, found: Comparison) -> list[Hole]:
        """Holes that the reader was not told of, at their place."""
        said = {(gap.origin.label, gap.before) for gap in self.reader.state.places}
        stamps = {(line.origin.label, self._ground.entry(line)): line.stamp for line in self.reader.lines}
        return [
            hole for hole in found.holes if (hole.container, stamps.get((hole.container, hole.before), b"")) not in said
        ]

    def __str__(self) -> str:
        state = self.reader.state
        said = f"{state.gaps} gaps, {state.unsure} unsure"
        return f"{self.reader.cuts} reconnects, {state.repeats} repeats, {said}, {state.late} late"

    async def until_time(self, due: float) -> None:
        def reached() -> bool:
            self._ground.look()
            return time.monotonic() >= due

        await self.reader.until(reached, MINUTES * 60 + PATIENCE)

    async def live(self) -> None:
        await self.reader.until(lambda: self.reader.states()["live"] == 3, PATIENCE)

    async def ended(self) -> None:
        await self.reader.until(self._has_all, PATIENCE)

    def _has_all(self) -> bool:
        # Lines wait in the merge for a moment after their stream has ended.
        reader = self.reader
        return set(reader.states()) == {"ended"} and reader.state.received == len(reader.lines)


@asynccontextmanager
async def following(ground: Ground, kube: Kube) -> AsyncGenerator[Followed, None]:
    """Read from the middle of a flow."""
    async with reading(kube, ground.target, lossless=True) as reader:
        follow = Followed(ground, reader)
        await follow.live()
        follow.begun = frozenset(stream.origin.label for stream in reader.state.streams)
        yield follow


async def followed(ground: Ground, kube: Kube) -> Followed:
    """What came of a flow through two rollouts and a restart of the API server, to its end."""
    async with following(ground, kube) as follow:
        began = time.monotonic()
        for leg in (1, 2, 3):
            if leg == 2:
                await ground.stop_api()
                await follow.reader.until(lambda: follow.reader.states()["reconnecting"], PATIENCE)
                await ground.start_api()
            else:
                await ground.roll(leg)
            await follow.live()
            await follow.until_time(began + MINUTES * 20 * leg)
        await ground.finish()
        await follow.ended()
    return follow
