"""The members of the estate besides the cluster, by name; each is imported only when it starts."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType
from typing import Any

from sandbox.member import Grounds, Member, Starter


def _from(module: str) -> Starter:
    async def starter(grounds: Grounds) -> Member:
        found: Any = import_module(module)
        member: Member = await found.start(grounds)
        return member

    return starter


STARTERS: Mapping[str, Starter] = MappingProxyType(
    {
        "aws": _from("sandbox.aws"),
        "hosts": _from("sandbox.hosts.hosts"),
        "postgres": _from("sandbox.postgres.server"),
        "redis": _from("sandbox.redis.server"),
    }
)
