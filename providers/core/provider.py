"""One system the console talks to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Protocol, Self

import msgspec

from providers.core.action import Action
from providers.core.check import Check
from providers.core.feed import Feed


class Light(msgspec.Struct, frozen=True):
    """What a provider's light shows while it is reached: who we are there, how far away, and what it calls itself."""

    identity: str
    target: str
    version: str
    rtt: float
    """Seconds of the last round trip."""
    skew: float = 0.0
    """The server's clock minus ours, in seconds."""


class Permit(msgspec.Struct, frozen=True):
    """One line of `doctor`: a right the console can use, and whether it is there (None: could not be asked)."""

    right: str
    allowed: bool | None
    why: str = ""


class Provider(Protocol):
    """Opens, yields, survives a cut, reports denied, closes with no task left: the contract suite holds each to it."""

    name: str
    source: str
    light: Feed[Light]
    feeds: Mapping[str, Feed[Any]]

    @property
    def identity(self) -> str:
        """Whom the system takes us for; "" before it was asked."""

    @property
    def checks(self) -> Sequence[Check]: ...

    @property
    def actions(self) -> Sequence[Action]: ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    async def permits(self) -> Sequence[Permit]:
        """Every right the console would use, asked of the system itself."""
