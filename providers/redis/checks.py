"""The guide's questions to a cache: R02, R03, R05, R06."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from providers.core.check import Check
from providers.redis.check_load import checks as load_checks
from providers.redis.check_memory import checks as memory_checks
from providers.redis.check_way import checks as way_checks

if TYPE_CHECKING:
    from providers.redis.provider import Redis


def checks(redis: Redis) -> Sequence[Check]:
    """Every check of the cache, bound to its feeds."""
    return (*way_checks(redis), *memory_checks(redis), *load_checks(redis))
