"""What can be wrong in the account."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from sandbox.aws import Aws
from sandbox.fault import Fault


def _turned(name: str, on: bool) -> Callable[[Aws], Awaitable[None]]:
    async def turn(aws: Aws) -> None:
        await aws.trouble(name, on)

    return turn


def _fault(name: str, symptom: str, *rows: str) -> Fault[Aws]:
    return Fault(name, symptom, rows, _turned(name, True), _turned(name, False))


ACCOUNT_FAULTS: tuple[Fault[Aws], ...] = (
    _fault(
        "replica-lag",
        "The reader of the Aurora cluster is a minute behind and falls further back; the alarm on it is raised.",
        *("D01", "M09"),
    ),
    _fault(
        "rds-failing-over",
        "The Aurora cluster is failing over by itself; after half a minute the other instance writes.",
        *("D01", "G02"),
    ),
)
