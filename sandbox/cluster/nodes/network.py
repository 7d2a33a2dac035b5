"""Names and connections as seen from a pod: services, other pods, and the world outside."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Callable, Iterator
from contextlib import suppress
from enum import Enum

from sandbox.cluster.errors import NotFound
from sandbox.cluster.nodes.endpoints import target_port
from sandbox.cluster.nodes.objects import labels, selects
from sandbox.cluster.nodes.podfacts import is_active, is_ready
from sandbox.cluster.nodes.programs import catalog, outside
from sandbox.cluster.nodes.programs.box import Ask, Box
from sandbox.cluster.seams import HttpAnswer, Manifest, Objects

Address = tuple[str, int]
_LOCAL = ("localhost", "127.0.0.1", "0.0.0.0")
_TIMEOUT = 5.0


class Reach(Enum):
    """How a connection attempt ends."""

    OPEN = "open"
    REFUSED = "refused"
    LOST = "timed out"
    UNKNOWN = "unknown host"


class Network:
    """`dial` maps (host, port) as pods know them to real addresses; None there means that packets are dropped.

    `forgotten` are names that have led somewhere and no longer resolve.
    """

    def __init__(self, store: Objects, boxes: Callable[[], Iterator[Box]]) -> None:
        self._store = store
        self._boxes = boxes
        self.dial: dict[Address, Address | None] = {}
        self.forgotten: set[str] = set()

    # -- names

    def lookup(self, box: Box, host: str) -> str | None:
        """The address behind a name, None when nobody knows it."""
        with suppress(ValueError):
            return str(ipaddress.ip_address(host))
        if host in self.forgotten:
            return None
        if host in _LOCAL:
            return "127.0.0.1"
        if host == box.name:
            return self.ip_of(box)
        service = self._service(box, host)
        if service is not None:
            return self._service_ip(service)
        if outside.knows(host) or any(host == name for name, _ in self.dial):
            return outside.address(host)
        return None

    def ip_of(self, box: Box) -> str:
        """The address of the pod a box belongs to."""
        meta = box.pod["metadata"]
        with suppress(NotFound):
            return str(self._store.get("pods", meta["namespace"], meta["name"])["status"].get("podIP", ""))
        return ""

    def _service(self, box: Box, host: str) -> Manifest | None:
        name, _, rest = host.removesuffix(".").removesuffix(".svc.cluster.local").removesuffix(".svc").partition(".")
        with suppress(NotFound):
            return self._store.get("services", rest or box.pod["metadata"]["namespace"], name)
        return None

    def _service_ip(self, service: Manifest) -> str | None:
        address = service["spec"].get("clusterIP")
        if address and address != "None":
            return str(address)
        return next((str(p["status"]["podIP"]) for p in self._backends(service)), None)

    def _backends(self, service: Manifest) -> list[Manifest]:
        selector = service["spec"].get("selector")
        if not selector:
            return []
        pods = self._store.list("pods", service["metadata"]["namespace"])
        return [p for p in pods if selects({"matchLabels": selector}, labels(p)) and is_active(p) and is_ready(p)]

    # -- connections

    async def reach(self, box: Box, host: str, port: int, timeout: float = _TIMEOUT) -> Reach:
        """Try to connect."""
        if host in self.forgotten:
            return Reach.UNKNOWN
        if (host, port) in self.dial:
            return await self._dial(self.dial[host, port], timeout)
        if self.lookup(box, host) is None:
            return Reach.UNKNOWN
        if self.listener(box, host, port) is not None or outside.serves(host, port):
            return Reach.OPEN
        return Reach.REFUSED

    async def _dial(self, real: Address | None, timeout: float) -> Reach:
        if real is None:
            await asyncio.sleep(timeout)
            return Reach.LOST
        try:
            async with asyncio.timeout(timeout):
                _, writer = await asyncio.open_connection(*real)
        except TimeoutError:
            return Reach.LOST
        except OSError:
            return Reach.REFUSED
        writer.close()
        return Reach.OPEN

    def listener(self, box: Box, host: str, port: int) -> tuple[Box, int] | None:
        """The program in the cluster behind host and port, and the port it listens on."""
        if host in _LOCAL or host == box.name:
            return self._at(self.ip_of(box), port)
        service = self._service(box, host) or self._by_cluster_ip(host)
        if service is None:
            return self._at(host, port)
        wanted = next((p for p in service["spec"].get("ports") or () if p["port"] == port), None)
        for pod in self._backends(service) if wanted else ():
            number = target_port(wanted, pod) if wanted else None
            if number and (found := self._at(pod["status"]["podIP"], number)):
                return found
        return None

    def _by_cluster_ip(self, host: str) -> Manifest | None:
        return next((s for s in self._store.list("services") if s["spec"].get("clusterIP") == host), None)

    def _at(self, ip: str, port: int) -> tuple[Box, int] | None:
        return next(((b, port) for b in self._boxes() if port in b.listening and self.ip_of(b) == ip), None)

    def request(self, box: Box, host: str, ask: Ask) -> HttpAnswer | None:
        """Ask a program of the cluster or one of the simulated services outside; None when neither answers there."""
        found = self.listener(box, host, ask.port)
        if found is not None:
            image = catalog.find(found[0].image)
            return (
                image.program.answer(found[0], Ask(found[1], ask.method, ask.path, ask.headers, ask.body))
                if image
                else None
            )
        return outside.answer(box.world.bridge, host, ask) if outside.serves(host, ask.port) else None
