"""Every action of an account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from providers.aws.failover import FailOver

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from providers.aws.provider import Aws
    from providers.core.action import Action

ACTIONS: Final = (FailOver,)
"""In the order of the menu."""


def actions(aws: Aws) -> Sequence[Action]:
    """All of them, bound to one Aws."""
    made: Sequence[Callable[[Aws], Action]] = ACTIONS
    return tuple(make(aws) for make in made)
