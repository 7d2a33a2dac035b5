"""The shape of what `get` prints of one kind."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple


class Listing(NamedTuple):
    """`feed` is the provider's; `values` finds the rows in what it gives; `row` makes the cells under `heads`."""

    feed: str
    heads: tuple[str, ...]
    row: Callable[[Any], Sequence[str]]
    provider: str = "kube"
    values: Callable[[Any], Sequence[Any]] = tuple
