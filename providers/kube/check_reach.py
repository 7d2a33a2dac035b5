"""Do the services reach their database and their cache, tried from their own pods? K06, R02."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Final

from providers.core.check import Check, Finding, Verdict, finding
from providers.core.config import Service
from providers.core.errors import BackendError, Denied
from providers.core.text import clean
from providers.kube.selectors import Selector
from providers.kube.tcp_probe import try_from
from providers.kube.values import Pod

if TYPE_CHECKING:
    from providers.kube.provider import Kube

PORTS: Final = {"K06": (5432, 6432), "R02": (6379, 6380)}
"""Which of a service's needs are databases (or their pooler), and which caches."""
_WHAT: Final = {"K06": "database", "R02": "cache"}


def checks(kube: Kube) -> Sequence[Check]:
    """Bound to one cluster."""
    return tuple(
        Check(row, f"Do pods reach the {what}?", kube.source, partial(_reached, kube, row), timeout=40.0)
        for row, what in _WHAT.items()
    )


async def _reached(kube: Kube, row: str) -> list[Finding]:
    peers = [(s, host, port) for s in kube.services for host, port in _peers(s) if port in PORTS[row]]
    if not peers:
        what, ports = _WHAT[row], " or ".join(map(str, PORTS[row]))
        said = f"no service says that it needs a {what}"
        fix = f"write services.NAME.needs: [HOST:PORT] with port {ports} into the configuration"
        return [finding(row, f"the {what}", Verdict.UNKNOWN, said, kube.source, "needs", fix=fix)]
    pods = await kube.pods.first()
    return list(await asyncio.gather(*(_try(kube, row, service, pods, host, port) for service, host, port in peers)))


def _peers(service: Service) -> Iterator[tuple[str, int]]:
    for need in service.needs:
        host, colon, port = need.rpartition(":")
        if colon and "//" not in need and port.isdecimal():
            yield host, int(port)


async def _try(kube: Kube, row: str, service: Service, pods: Sequence[Pod], host: str, port: int) -> Finding:
    subject = f"service/{service.name} → {clean(host, 120)}:{port}"
    found = partial(finding, row, subject, source=kube.source)
    chosen = Selector.parse(service.selector)
    running = [p for p in pods if not p.deleting and chosen.matches(p.labels) and p.status == "Running"]
    # Also a pod that is not ready may be asked: not to reach its database is a common reason for that.
    pod = next((p for p in running if p.healthy), running[0] if running else None)
    if pod is None:
        return found(Verdict.UNKNOWN, "no running pod to try from", quote=service.selector)
    container = service.container or next(c.name for c in pod.containers if not c.init)
    try:
        reached = await try_from(kube.client, pod.namespace, pod.name, container, row, host, port)
    except BackendError as error:
        permission = error.permission if isinstance(error, Denied) else ""
        said = f"pod/{pod.name} could not be asked"
        return found(Verdict.UNKNOWN, said, quote=error.message, permission=permission)
    if reached is None:
        return found(Verdict.UNKNOWN, "the image has nothing to try with", quote="no pg_isready, nc or bash")
    quote = f"from {pod.name} with {reached.tool}: {reached.words} in {reached.seconds:.3f} s"
    verdict = Verdict.PASS if reached.open else Verdict.FAIL
    return found(verdict, "reached" if reached.open else f"not reached: {reached.words}", quote=quote)
