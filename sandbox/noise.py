"""Believable figures that depend on nothing but a seed, a name and the time, so that all who ask agree."""

from __future__ import annotations

import hashlib
import math
import zlib


class Noise:
    """Times are epoch seconds."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def unit(self, name: str, step: int) -> float:
        """A number of [0, 1) that belongs to this name and step."""
        return zlib.crc32(f"{self._seed}/{name}/{step}".encode()) / 2**32

    def drift(self, name: str, at: float, period: float) -> float:
        """Smooth noise of [0, 1): a new value each `period`, glided between."""
        step, part = divmod(at / period, 1.0)
        glide = (1 - math.cos(part * math.pi)) / 2
        return self.unit(name, int(step)) * (1 - glide) + self.unit(name, int(step) + 1) * glide

    def token(self, name: str, length: int = 64) -> str:
        """A stable hexadecimal identifier."""
        return hashlib.sha256(f"{self._seed}/{name}".encode()).hexdigest()[:length]
