"""The guide's questions to a cluster."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from providers.core.check import Check
from providers.kube.check_backend import checks as backend_checks
from providers.kube.check_config import checks as config_checks
from providers.kube.check_pods import checks as pod_checks
from providers.kube.check_reach import checks as reach_checks
from providers.kube.check_scheduling import checks as scheduling_checks
from providers.kube.check_services import checks as service_checks

if TYPE_CHECKING:
    from providers.kube.provider import Kube


def checks(kube: Kube) -> Sequence[Check]:
    """Every check of the cluster, bound to its feeds."""
    made = (pod_checks, service_checks, config_checks, scheduling_checks, backend_checks, reach_checks)
    return tuple(check for bind in made for check in bind(kube))
