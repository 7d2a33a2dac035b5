"""The guide's questions to a database."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from providers.core.check import Check
from providers.postgres.check_server import checks as server_checks
from providers.postgres.check_sessions import checks as session_checks

if TYPE_CHECKING:
    from providers.postgres.provider import Postgres


def checks(postgres: Postgres) -> Sequence[Check]:
    """Every check of the server, bound to its feeds."""
    return (*server_checks(postgres), *session_checks(postgres))
