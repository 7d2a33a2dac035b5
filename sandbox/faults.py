"""Every fault by name."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from sandbox.aws.faults import ACCOUNT_FAULTS
from sandbox.cluster.api_faults import API_FAULTS
from sandbox.cluster.nodes import WORKLOAD_FAULTS
from sandbox.estate_faults import ESTATE_FAULTS
from sandbox.fault import Fault
from sandbox.postgres.faults import DATABASE_FAULTS
from sandbox.redis.faults import CACHE_FAULTS

BY_SYSTEM: Final[Mapping[str, Sequence[Fault[Any]]]] = MappingProxyType(
    {
        "nodes": WORKLOAD_FAULTS,
        "cluster": API_FAULTS,
        "estate": ESTATE_FAULTS,
        "postgres": DATABASE_FAULTS,
        "redis": CACHE_FAULTS,
        "aws": ACCOUNT_FAULTS,
    }
)
"""What a fault acts on. Within one system they heal in this order: a server that is down comes first."""
FAULTS: Final[dict[str, Fault[Any]]] = {fault.name: fault for faults in BY_SYSTEM.values() for fault in faults}
SYSTEMS: Final[dict[str, str]] = {fault.name: system for system, faults in BY_SYSTEM.items() for fault in faults}


def suggestion(name: str) -> str:
    """What was probably meant, and what there is."""
    near = difflib.get_close_matches(name, FAULTS, n=1)
    return (f"did you mean {near[0]}? " if near else "") + f"there are: {', '.join(sorted(FAULTS))}"
