"""Columns and cells: pure, without a terminal. A cell is a function of one value; nothing here awaits or draws."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Cell:
    """Text and the name of its style: "" or ok, warn, fail, unknown, muted, accent."""

    text: str
    style: str = ""


@dataclass(frozen=True)
class Column(Generic[T]):
    """`width` is the widest it gets; `flex` takes what is left; columns of low `weight` go first when it is narrow."""

    title: str
    cell: Callable[[T], Cell]
    width: int = 40
    right: bool = False
    weight: int = 5
    flex: bool = False
    sort: Callable[[T], Any] | None = None

    def order(self, value: T) -> Any:
        """What rows are sorted by."""
        return self.sort(value) if self.sort else self.cell(value).text
