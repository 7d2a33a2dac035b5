"""Whether a port answers, tried from inside a pod with whatever its image has to try with."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from typing import Final

import msgspec

from providers.core.text import clean
from providers.kube.client import KubeClient
from providers.kube.exec import ExecResult, run_in

PATIENCE: Final = 3
"""Seconds an attempt may take."""
_HELLO: Final = {
    "K06": r"\000\000\000\010\004\322\026\057",  # SSLRequest: a PostgreSQL answers S or N
    "R02": r"PING\r\n",
}
"""What a server of that kind answers to, for printf."""
_SPEAK: Final = 'printf "$1" | nc -w 3 "$2" "$3"'
_DEVICE: Final = 'exec 3<>"/dev/tcp/$1/$2"'
_USAGE: Final = re.compile(rb"(?i)usage|invalid option|unrecognized option|illegal option")


class Reached(msgspec.Struct, frozen=True):
    """`open` says whether it answered; `words` what was said. Seconds include starting the tool."""

    open: bool
    words: str
    tool: str
    seconds: float


async def try_from(
    client: KubeClient, namespace: str, pod: str, container: str, row: str, host: str, port: int
) -> Reached | None:
    """What came of it; None when the image has nothing to try with. Raises Denied, NotFound, TimedOut, Unreachable."""
    for tool, argv in _ways(row, host, str(port)):
        started = time.monotonic()
        result = await run_in(client, namespace, pod, container, list(argv), deadline=PATIENCE + 5.0)
        if not _useless(result):
            return Reached(result.exit_code == 0, _words(result), tool, time.monotonic() - started)
    return None


def _ways(row: str, host: str, port: str) -> list[tuple[str, Sequence[str]]]:
    ready = [("pg_isready", ("pg_isready", "-h", host, "-p", port, "-t", str(PATIENCE)))] if row == "K06" else []
    return [
        *ready,
        ("nc -z", ("nc", "-z", "-w", str(PATIENCE), host, port)),
        ("nc", ("sh", "-c", _SPEAK, "probe", _HELLO[row], host, port)),
        ("bash", ("bash", "-c", _DEVICE, "probe", host, port)),
    ]


def _useless(result: ExecResult) -> bool:
    """Not in the image, crashed, or without the option that was needed."""
    code = result.exit_code
    if code is None or code in {126, 127} or code > 128:
        return True
    return code != 0 and _USAGE.search(result.stderr) is not None


def _words(result: ExecResult) -> str:
    said = (result.stderr or result.stdout).decode("utf-8", "replace").strip()
    return clean(said, 200) or ("connected" if result.exit_code == 0 else f"exit {result.exit_code}")
