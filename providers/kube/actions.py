"""Every action of a cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from providers.kube.delete_pod import DeletePod
from providers.kube.image import SetImage
from providers.kube.resources import SetResources
from providers.kube.restart import RollingRestart
from providers.kube.rollback import Rollback
from providers.kube.scale import Scale

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from providers.core.action import Action
    from providers.kube.provider import Kube

ACTIONS: Final = (Rollback, RollingRestart, Scale, SetImage, SetResources, DeletePod)
"""In the order of the menu."""


def actions(kube: Kube) -> Sequence[Action]:
    """All of them, bound to one cluster."""
    made: Sequence[Callable[[Kube], Action]] = ACTIONS
    return tuple(make(kube) for make in made)
