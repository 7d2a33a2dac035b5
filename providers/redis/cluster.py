"""The nodes of a cluster, each asked itself: what one node says holds for its own slots only."""

from __future__ import annotations

import asyncio
from typing import Any, Final

import msgspec

from providers.core.errors import BackendError, Garbled
from providers.core.text import clean
from providers.redis.address import Address
from providers.redis.client import DEADLINE, RedisClient
from providers.redis.info import Fields
from providers.redis.values import Node
from providers.redis.vitals import vitals_of
from providers.redis.wire import Wire

MOST_NODES: Final = 64
"""Nodes that are asked; a cluster with more shows the rest without their figures."""


class Cluster:
    """`nodes()` asks all; one that cannot be reached has its reason in its place. Connections are kept."""

    def __init__(self, client: RedisClient) -> None:
        self._client = client
        self._wires: dict[Address, Wire] = {}

    async def aclose(self) -> None:
        """Close every connection."""
        wires, self._wires = self._wires, {}
        for wire in wires.values():
            await wire.drop()

    async def nodes(self) -> tuple[Node, ...]:
        """Every node that CLUSTER NODES names, masters first. Raises BackendError when that is not told."""
        found = parse_nodes(await self._client.ask("CLUSTER", "NODES"), self._client.source)
        asked = await asyncio.gather(*(self._asked(node) for node in found[:MOST_NODES]))
        return (*asked, *(msgspec.structs.replace(node, trouble="not asked") for node in found[MOST_NODES:]))

    async def _asked(self, node: Node) -> Node:
        host, _, port = node.address.rpartition(":")
        try:
            async with asyncio.timeout(DEADLINE):
                info = await self._info(Address(host, int(port)))
        except BackendError as error:
            return msgspec.structs.replace(node, trouble=error.message)
        except TimeoutError:
            return msgspec.structs.replace(node, trouble=f"no answer within {DEADLINE:g} s")
        return msgspec.structs.replace(node, vitals=vitals_of(info))

    async def _info(self, address: Address) -> Fields:
        wire = self._wires.pop(address, None)
        if wire is None or not wire.is_connected:
            wire = await self._client.door.reach(address)
        info = Fields.of(await wire.call("INFO"), self._client.source)
        # Only now: a connection that was given up in between must not be found again.
        self._wires[address] = wire
        return info


def parse_nodes(reply: Any, source: str) -> list[Node]:
    """CLUSTER NODES: id address@bus[,hostname] flags master ping pong epoch link slot … Raises Garbled."""
    if not isinstance(reply, bytes):
        raise Garbled("CLUSTER NODES: the answer is no text", source=source)
    lines = (clean(line).split(" ") for line in reply.decode("utf-8", "replace").splitlines())
    nodes = [_node(words) for words in lines if len(words) >= 8 and _has_address(words)]
    return sorted(nodes, key=lambda node: (node.role != "master", node.address))


def _has_address(words: list[str]) -> bool:
    """A node that was never met has none (":0@0", flag noaddr)."""
    host, _, port = words[1].partition("@")[0].rpartition(":")
    return bool(host) and port.isdecimal() and 0 < int(port) < 65_536


def _node(words: list[str]) -> Node:
    flags = words[2].split(",")
    role = "master" if "master" in flags else "replica"
    state = next((flag for flag in ("fail", "fail?", "handshake", "noaddr") if flag in flags), words[7])
    return Node(words[0], words[1].partition("@")[0], role, state, sum(map(_width, words[8:])), None)


def _width(slots: str) -> int:
    """Slots of "0-5460" or "7"; those that move, "[93-<-…]", are counted where they are."""
    first, _, last = slots.partition("-")
    if not first.isdecimal():
        return 0
    return int(last) - int(first) + 1 if last.isdecimal() else 1
