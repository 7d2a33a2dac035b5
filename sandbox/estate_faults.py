"""Faults that lie between the members: names that lead nowhere."""

from __future__ import annotations

from typing import Any, Final

from sandbox.cluster.nodes.estate.config import DATABASE
from sandbox.fault import Fault, Felt

NOWHERE: Final = "fusion-bitcoin-db.invalid"
"""A name that no resolver may know (RFC 6761, section 6.4)."""


async def _forget(estate: Any) -> None:
    # A resolver of the machine's own cannot be broken without its administrator; the name can.
    estate.rename("postgres", NOWHERE)
    estate.cluster.runtime.network.forgotten.add(DATABASE[0])


async def _remember(estate: Any) -> None:
    estate.rename("postgres", None)
    estate.cluster.runtime.network.forgotten.discard(DATABASE[0])


_NO_SUCH_HOST: Final = f"lookup {DATABASE[0]} on 172.20.0.10:53: no such host"

ESTATE_FAULTS: tuple[Fault[Any], ...] = (
    Fault(
        "db-dns",
        "The database's name no longer resolves, for the pods and for a console opened from now on.",
        ("D02", "K06"),
        _forget,
        _remember,
        Felt("database", "database connection failed", (("host", DATABASE[0]),), f"dial tcp: {_NO_SUCH_HOST}"),
    ),
)
