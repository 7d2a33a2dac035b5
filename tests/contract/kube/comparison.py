"""Line by line: what containers wrote against what a reader got."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise


@dataclass(frozen=True)
class Hole:
    """Lines of `container` (pod/container) that never came; `before` is the one read next, None when none came."""

    container: str
    lines: Sequence[Hashable]
    before: Hashable | None


@dataclass(frozen=True)
class Comparison:
    """`doubled` came more often than written, `foreign` was written by nobody, `disordered` came after a later line."""

    written: int
    read: int
    holes: Sequence[Hole]
    doubled: Sequence[Hashable]
    foreign: Sequence[Hashable]
    disordered: Sequence[Hashable]

    @property
    def lost(self) -> int:
        return sum(len(hole.lines) for hole in self.holes)

    @property
    def wrong(self) -> Sequence[Hashable]:
        """What no cut, no rotation and no restart may ever lead to."""
        return [*self.doubled, *self.foreign, *self.disordered]

    def __str__(self) -> str:
        lost = f"{self.lost} lost in {len(self.holes)} places"
        wrong = f"{len(self.doubled)} doubled, {len(self.foreign)} foreign, {len(self.disordered)} out of order"
        return f"{self.written} written, {self.read} read, {lost}, {wrong}"


def compare(
    written: Mapping[str, Sequence[Hashable]], read: Mapping[str, Sequence[Hashable]], *, begun: frozenset[str]
) -> Comparison:
    """Entries by container, in order; those one container writes must differ.

    Reading of the containers in `begun` started in the middle: what they wrote before that is left out.
    """
    due = {name: _due(lines, read.get(name, ()), name in begun) for name, lines in written.items()}
    holes: list[Hole] = []
    doubled: list[Hashable] = []
    foreign: list[Hashable] = []
    disordered: list[Hashable] = []
    for name in written.keys() | read.keys():
        places = {line: place for place, line in enumerate(due.get(name, ()))}
        got = [line for line in read.get(name, ()) if line in places]
        foreign += [line for line in read.get(name, ()) if line not in places]
        doubled += [line for line, times in Counter(got).items() for _ in range(times - 1)]
        disordered += [later for line, later in pairwise(dict.fromkeys(got)) if places[later] < places[line]]
        holes += _holes(name, due.get(name, ()), set(got))
    counts = sum(map(len, due.values())), sum(map(len, read.values()))
    return Comparison(*counts, holes, doubled, foreign, disordered)


def _due(lines: Sequence[Hashable], read: Sequence[Hashable], begun: bool) -> Sequence[Hashable]:
    return lines[lines.index(read[0]) :] if begun and read and read[0] in lines else lines


def _holes(name: str, due: Sequence[Hashable], got: set[Hashable]) -> Iterator[Hole]:
    runs = [(came, list(lines)) for came, lines in groupby(due, key=got.__contains__)]
    for at, (came, lines) in enumerate(runs):
        if not came:
            yield Hole(name, lines, runs[at + 1][1][0] if at + 1 < len(runs) else None)
