"""The environment of a running container, secret-looking values masked (K11)."""

from __future__ import annotations

from providers.core.errors import Denied
from providers.core.text import clean_lines
from providers.kube.client import KubeClient
from providers.kube.exec import run_in
from providers.kube.masking import masked


async def environment(client: KubeClient, namespace: str, pod: str, container: str) -> tuple[str, ...]:
    """NAME=value lines as the container has them; where exec is denied or there is no `env`, what its spec says."""
    try:
        result = await run_in(client, namespace, pod, container, ["env"])
    except Denied as error:
        return (
            f"  (not from the container: {error.permission or error.message} is denied)",
            *await _declared(client, namespace, pod, container),
        )
    if result.exit_code != 0:
        return ("  (no env in this image; from its spec)", *await _declared(client, namespace, pod, container))
    lines = sorted(clean_lines(result.stdout))
    return tuple(f"  {name}={masked(name, value)}" for name, _, value in (line.partition("=") for line in lines))


async def _declared(client: KubeClient, namespace: str, pod: str, container: str) -> tuple[str, ...]:
    manifest = await client.object(f"/api/v1/namespaces/{namespace}/pods/{pod}")
    spec = next(c for c in manifest["spec"]["containers"] if c["name"] == container)
    return tuple(
        f"  {e['name']}={masked(e['name'], e.get('value', ''))}"
        if "valueFrom" not in e
        else f"  {e['name']} from {next(iter(e['valueFrom']))}"
        for e in spec.get("env") or ()
    )
