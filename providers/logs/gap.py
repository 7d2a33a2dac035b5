"""A place in a log where lines are missing, or where nobody can tell."""

from __future__ import annotations

from collections import deque
from typing import Final

import msgspec

from providers.logs.line import Origin


class Gap(msgspec.Struct, frozen=True):
    """Right before the line stamped `before`; b"": after the last one that came. `why` says what happened.

    Not `sure`: the file was rotated, and whether the cluster sent all of the old one it does not say. It mostly did.
    """

    origin: Origin
    before: bytes
    why: str
    sure: bool = True


_PLACES: Final = 50


class Gaps:
    """Those of one log: `lost` counts the sure ones, `unsure` the others; `places` are the newest of both."""

    def __init__(self, origin: Origin) -> None:
        self.lost = 0
        self.unsure = 0
        self.places: deque[Gap] = deque(maxlen=_PLACES)
        self._origin = origin
        self._ahead = ""

    def add(self, before: bytes, why: str, *, sure: bool = True) -> None:
        """Once for a place, whoever notices."""
        if not any(gap.before == before for gap in self.places):
            self.lost += sure
            self.unsure += not sure
            self.places.append(Gap(self._origin, before, why, sure))

    def expect(self, why: str) -> None:
        """Before whatever comes next."""
        self.lost += not self._ahead
        self._ahead = self._ahead or why

    def arrived(self, stamp: bytes) -> None:
        """Lines came again, the first of them with this stamp."""
        if self._ahead:
            self.places.append(Gap(self._origin, stamp, self._ahead))
            self._ahead = ""
