"""Every action of a database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from providers.postgres.act_reset import ResetStatements
from providers.postgres.act_signal import CancelBackend, TerminateBackend

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from providers.core.action import Action
    from providers.postgres.provider import Postgres

ACTIONS: Final = (
    CancelBackend,
    TerminateBackend,
    ResetStatements,
)
"""In the order of the menu."""


def actions(postgres: Postgres) -> Sequence[Action]:
    """All of them, bound to one Postgres."""
    made: Sequence[Callable[[Postgres], Action]] = ACTIONS
    return tuple(make(postgres) for make in made)
