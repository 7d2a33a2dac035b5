"""Every fault by name."""

from __future__ import annotations

import difflib
from typing import Any

from sandbox.cluster.api_faults import API_FAULTS
from sandbox.cluster.nodes import WORKLOAD_FAULTS
from sandbox.fault import Fault

WORKLOAD: dict[str, Fault[Any]] = {fault.name: fault for fault in WORKLOAD_FAULTS}
API: dict[str, Fault[Any]] = {fault.name: fault for fault in API_FAULTS}
FAULTS: dict[str, Fault[Any]] = WORKLOAD | API


def suggestion(name: str) -> str:
    """What was probably meant, and what there is."""
    near = difflib.get_close_matches(name, FAULTS, n=1)
    return (f"did you mean {near[0]}? " if near else "") + f"there are: {', '.join(sorted(FAULTS))}"
