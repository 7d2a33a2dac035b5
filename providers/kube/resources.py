"""Other requests and limits for one container (K09)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar, Final

from providers.core.action import Option, Target
from providers.core.errors import BackendError, UsageError
from providers.core.text import clean
from providers.kube.change_cause import recorded
from providers.kube.deployment_action import DeploymentAction, Edit, address, paused, way_back
from providers.kube.identity import who_am_i
from providers.kube.impact import interrupts, pods_of
from providers.kube.quantities import quantity
from providers.kube.raw import label_query, part
from providers.kube.rollouts import History
from providers.kube.template_edit import Chosen, choose, with_field
from providers.kube.usage import pod_usage
from providers.kube.values import Container, Usage, matches

NONE: Final = "none"
_FIELDS: Final = {
    "cpu_request": ("requests", "cpu"),
    "cpu_limit": ("limits", "cpu"),
    "memory_request": ("requests", "memory"),
    "memory_limit": ("limits", "memory"),
}
Amounts = dict[str, dict[str, Any]]
"""Bound ("requests", "limits") to resource to quantity."""


class SetResources(DeploymentAction):
    """Change what a container asks for and may take; what is not given stays."""

    id: ClassVar[str] = "set-resources"
    title: ClassVar[str] = "Change requests and limits"
    rows: ClassVar[tuple[str, ...]] = ("K09", "E05", "E06")
    options: ClassVar[tuple[Option, ...]] = (
        Option("cpu_request", 'Cores it asks for: 250m, 1.5, or "none".', asked=True),
        Option("cpu_limit", 'Cores it may take, or "none".', asked=True),
        Option("memory_request", 'Memory it asks for: 256Mi, 1Gi, or "none".', asked=True),
        Option("memory_limit", 'Memory at which it is killed, or "none".', asked=True),
        Option("container", "Which container; needed when there are several."),
    )

    def known(self, target: Target) -> Mapping[str, str]:
        deployment = self.seen(target)
        pods = self._kube.pods.latest.value or ()
        mine = (p for p in pods if deployment is not None and matches(deployment.selector, p.labels))
        containers = next(([c for c in p.containers if not c.init] for p in mine), [])
        return _amounts_of(containers[0]) if len(containers) == 1 else {}

    async def edit(self, past: History, options: Mapping[str, str]) -> Edit:
        client = self._kube.client
        container = choose(past, options.get("container", ""))
        before = _present(container)
        wanted = merged(before, options)
        by = f"{container.name} {_flags(wanted)}, set by {await who_am_i(client)} (fusion-console)"
        cause, said = recorded(past.deployment, by)
        resources = {**part(container.manifest, "resources"), **wanted}
        return Edit(
            title=f"Change the resources of {container.name} in deployment/{past.name}",
            operations=({"op": "add", "path": f"{container.path}/resources", "value": resources}, cause),
            template=with_field(past, container, "resources", resources),
            diff=(said,),
            interrupts=(*await self._use(past, container, wanted), *await interrupts(client, past.deployment)),
            inverse=way_back(past),
            equivalent=f"kubectl set resources {address(past)} -c {container.name} {_command(before, wanted)}",
            blockers=(*paused(past), *(("these are its resources already",) if wanted == before else ())),
        )

    async def _use(self, past: History, container: Chosen, wanted: Amounts) -> list[str]:
        client, namespace = self._kube.client, past.deployment["metadata"]["namespace"]
        try:
            used = await pod_usage(client, namespace)
        except BackendError as error:
            return [f"live use could not be read: {error.message}"]
        mine = await pods_of(client, namespace, label_query(part(past.deployment, "spec", "selector")))
        names = {pod.name for pod in mine}
        return use_lines([u for u in used if u.name in names], container, wanted)


def merged(before: Amounts, options: Mapping[str, str]) -> Amounts:
    """The amounts afterwards. Raises UsageError for no quantity, none given, or a request above its limit."""
    given = {name: options[name] for name in _FIELDS if options.get(name)}
    if not given:
        raise UsageError("nothing to change was given", fix=f"give at least one of {', '.join(_FIELDS)}")
    after: Amounts = {bound: dict(amounts) for bound, amounts in before.items()}
    for name, text in given.items():
        bound, resource = _FIELDS[name]
        if text == NONE:
            after[bound].pop(resource, None)
        elif quantity(after[bound].get(resource)) != _valid(name, text):
            after[bound][resource] = text
    for resource in ("cpu", "memory"):
        _ordered(resource, after["requests"].get(resource), after["limits"].get(resource))
    return after


def use_lines(used: list[Usage], container: Chosen, wanted: Amounts) -> list[str]:
    """What the containers use now against what they would be given."""
    cpu = max((u.containers[container.name][0] for u in used if container.name in u.containers), default=None)
    memory = max((u.containers[container.name][1] for u in used if container.name in u.containers), default=None)
    if cpu is None or memory is None:
        return ["live use is not known"]
    lines = [f"the busiest pod uses {cpu * 1000:.0f}m cpu and {memory / 2**20:.0f} Mi now"]
    if memory > (quantity(wanted["limits"].get("memory")) or math.inf):
        lines.append("the new memory limit is below that: pods will be killed (OOMKilled) as they reach it")
    if cpu > (quantity(wanted["limits"].get("cpu")) or math.inf):
        lines.append("the new cpu limit is below that: pods will be throttled")
    return lines


def _present(container: Chosen) -> Amounts:
    return {bound: dict(part(container.manifest, "resources", bound)) for bound in ("requests", "limits")}


def _valid(name: str, text: str) -> float:
    amount = quantity(text)
    if amount is None or not math.isfinite(amount) or amount < 0:
        raise UsageError(f"{name}: {clean(text, 40)!r} is no quantity", fix="give for example 250m or 256Mi")
    return amount


def _ordered(resource: str, request: Any, limit: Any) -> None:
    asked, most = quantity(request), quantity(limit)
    if asked is not None and most is not None and asked > most:
        raise UsageError(f"{resource}: the request {request} is above the limit {limit}", fix="raise the limit, too")


def _amounts_of(container: Container) -> dict[str, str]:
    return {
        name: f"{amount * 1000:.0f}m" if resource == "cpu" else f"{amount / 2**20:.0f}Mi"
        for name, (bound, resource) in _FIELDS.items()
        if (amount := getattr(container, f"{resource}_{bound[:-1]}")) is not None
    }


def _flags(amounts: Amounts) -> str:
    """ "--requests=cpu=250m,memory=256Mi --limits=memory=512Mi"."""
    lists = ((bound, ",".join(f"{key}={value}" for key, value in given.items())) for bound, given in amounts.items())
    return " ".join(f"--{bound}={listed}" for bound, listed in lists if listed)


def _command(before: Amounts, after: Amounts) -> str:
    # kubectl takes an amount away when it is set to 0.
    return _flags({bound: {**dict.fromkeys(before[bound], "0"), **after[bound]} for bound in after})
