"""What a pod was given: its environment as the container sees it, config maps, secrets by name and size."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from providers.core.errors import BackendError
from providers.kube.client import KubeClient
from providers.kube.environment import environment
from providers.kube.inventory import config_maps, secrets
from providers.kube.values import Pod


async def contents(client: KubeClient, pod: Pod | None) -> list[str]:
    """Lines for the text view; a part that cannot be read says why and leaves the others."""
    namespace = pod.namespace if pod else client.namespace
    lines: list[str] = []
    if pod is not None:
        for container in (c for c in pod.containers if not c.init):
            lines.append(f"environment of {container.name}")
            lines += await _part(partial(environment, client, namespace, pod.name, container.name))
            lines.append("")
    lines += await _part(lambda: _config_maps(client, namespace, pod))
    return [*lines, *await _part(lambda: _secrets(client, namespace, pod))]


async def _part(read: Callable[[], Awaitable[Sequence[str]]]) -> list[str]:
    try:
        return [*await read()]
    except BackendError as error:
        return [f"  {error.kind.upper()}: {error.message}" + (f" — {error.fix}" if error.fix else ""), ""]


async def _config_maps(client: KubeClient, namespace: str, pod: Pod | None) -> list[str]:
    lines: list[str] = []
    for found in await config_maps(client, namespace):
        if pod is None or pod.name in found.used_by:
            lines.append(f"config map {found.name}   changed since its pods started: {found.drift}")
            for key, text in found.data.items():
                lines += [f"  {key}:", *(f"    {line}" for line in text)]
            lines.append("")
    return lines


async def _secrets(client: KubeClient, namespace: str, pod: Pod | None) -> list[str]:
    lines: list[str] = []
    for found in await secrets(client, namespace):
        if pod is None or pod.name in found.used_by:
            lines.append(f"secret {found.name}   {found.type}   used by {', '.join(found.used_by) or 'nobody'}")
            lines += [f"  {key}: ••• ({size} bytes)" for key, size in found.keys.items()]
            lines.append("")
    return lines
