"""The one shape of a fault that can be put into the sandbox and taken out again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

SystemT = TypeVar("SystemT")


@dataclass(frozen=True)
class Fault(Generic[SystemT]):
    """A breakage of one member of the estate.

    `symptom` is what an operator sees, in one sentence; `rows` are the ids of the guide's rows that help to find it.
    `inject` returns once the fault is really on (the state it promises has been reached or is irreversibly under way),
    `heal` once the member is on its way back; both may be called twice.
    """

    name: str
    symptom: str
    rows: tuple[str, ...]
    inject: Callable[[SystemT], Awaitable[None]]
    heal: Callable[[SystemT], Awaitable[None]]
