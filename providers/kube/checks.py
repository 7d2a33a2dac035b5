"""The guide's questions to a cluster."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from providers.core.check import Check

if TYPE_CHECKING:
    from providers.kube.provider import Kube


def checks(kube: Kube) -> Sequence[Check]:
    """Every check of the cluster, bound to its feeds."""
    from providers.kube import check_pods, check_services

    return (*check_pods.checks(kube), *check_services.checks(kube))
