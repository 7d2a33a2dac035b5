"""The members of the estate besides the cluster, by name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from sandbox.member import Starter

STARTERS: Mapping[str, Starter] = MappingProxyType({})
