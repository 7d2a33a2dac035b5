"""One container of a deployment's pod template, chosen by name, and the template with something in it changed."""

from __future__ import annotations

from typing import Any

import msgspec

from providers.core.errors import UsageError
from providers.core.text import clean
from providers.kube.raw import Manifest, items
from providers.kube.rollouts import History
from providers.kube.templates import bare


class Chosen(msgspec.Struct, frozen=True):
    """A container and where it stands: `path` is its JSON pointer in the deployment."""

    name: str
    index: int
    manifest: Manifest

    @property
    def path(self) -> str:
        return f"/spec/template/spec/containers/{self.index}"


def choose(past: History, name: str) -> Chosen:
    """The named container; without a name the only one. Raises UsageError."""
    containers = items(past.deployment, "spec", "template", "spec", "containers")
    names = [clean(str(container.get("name", ""))) for container in containers]
    if name and name not in names:
        raise UsageError(f"there is no container {clean(name, 80)!r}", fix=f"give one of: {', '.join(names)}")
    if not name and len(names) > 1:
        raise UsageError("there are several containers", fix=f"name one of: {', '.join(names)}")
    index = names.index(name) if name else 0
    return Chosen(names[index], index, containers[index])


def with_field(past: History, container: Chosen, field: str, value: Any) -> Manifest:
    """A copy of the pod template in which `field` of this container is `value`."""
    template = bare(past.deployment["spec"]["template"])
    template["spec"]["containers"][container.index][field] = value
    return template
