"""The members of the estate besides the cluster, by name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from sandbox.member import Grounds, Member, Starter


async def _aws(grounds: Grounds) -> Member:
    from sandbox.aws import start

    return await start(grounds)


STARTERS: Mapping[str, Starter] = MappingProxyType({"aws": _aws})
