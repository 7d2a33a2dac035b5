"""Every action of an account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from providers.aws.create_instance import CreateInstance
from providers.aws.failover import FailOver
from providers.aws.restore import RestoreDatabase
from providers.aws.set_parameter import SetCacheParameter, SetDbParameter
from providers.aws.snapshot import SnapshotDatabase

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from providers.aws.provider import Aws
    from providers.core.action import Action

ACTIONS: Final = (FailOver, SnapshotDatabase, RestoreDatabase, CreateInstance, SetDbParameter, SetCacheParameter)
"""In the order of the menu."""


def actions(aws: Aws) -> Sequence[Action]:
    """All of them, bound to one account."""
    made: Sequence[Callable[[Aws], Action]] = ACTIONS
    return tuple(make(aws) for make in made)
