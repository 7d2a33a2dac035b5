"""The one shape of a fault that can be put into the sandbox and taken out again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

SystemT = TypeVar("SystemT")


@dataclass(frozen=True)
class Felt:
    """What the bridge's services write of a fault of what they depend on.

    `dependency` is its name in /health; `error` is why it is down there, empty while it answers. `fields` go with the
    message into the log.
    """

    dependency: str
    message: str
    fields: tuple[tuple[str, str | int | float], ...] = ()
    error: str = ""
    level: str = "error"


@dataclass(frozen=True)
class Fault(Generic[SystemT]):
    """A breakage of one member of the estate.

    `symptom` is what an operator sees, in one sentence; `rows` are the ids of the guide's rows that help to find it.
    `inject` returns once the fault is really on (the state it promises has been reached or is irreversibly under way),
    `heal` once the member is on its way back; both may be called twice. `felt` is what the pods say of it.
    """

    name: str
    symptom: str
    rows: tuple[str, ...]
    inject: Callable[[SystemT], Awaitable[None]]
    heal: Callable[[SystemT], Awaitable[None]]
    felt: Felt | None = None
