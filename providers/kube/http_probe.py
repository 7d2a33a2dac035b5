"""An HTTP question asked from inside a pod, with whatever its image has to ask with."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from typing import Final
from urllib.parse import SplitResult, urlsplit

import msgspec

from providers.core.text import clean
from providers.kube.client import KubeClient
from providers.kube.exec import ExecResult, run_in

PATIENCE: Final = 5
"""Seconds the asked may take."""
_PARTS: Final = ("time_namelookup", "time_connect", "time_appconnect", "time_starttransfer", "time_total")
_FORMAT: Final = "%{http_code} " + " ".join(f"%{{{part}}}" for part in _PARTS)
_STATUS: Final = re.compile(rb"HTTP/[0-9.]+ ([0-9]{3})")
_LOST: Final = {
    5: "the proxy's name does not resolve", 6: "the name does not resolve", 7: "connection refused",
    28: f"no answer within {PATIENCE} s", 35: "the TLS handshake failed", 52: "an empty answer",
    56: "the connection broke", 60: "the certificate is not trusted",
}  # fmt: skip
"""curl's exit codes (curl.1, EXIT CODES)."""
_WGET: Final = {4: "network failure", 5: "the certificate is not trusted", 8: "the server answered with an error"}
"""GNU wget's exit codes; busybox only knows 1, and says the rest."""
_DIALOGUE: Final = 'printf "GET %s HTTP/1.0\\r\\nHost: %s\\r\\nConnection: close\\r\\n\\r\\n" "$1" "$2" | nc "$2" "$3"'


class Answer(msgspec.Struct, frozen=True):
    """`status` is None when there was no HTTP answer; `words` say what happened. Times in seconds.

    `split` is name look-up, connect, TLS and first byte, each from the start, where the tool measures them.
    """

    status: int | None
    words: str
    tool: str
    seconds: float
    split: tuple[float, ...] = ()


async def ask_from(client: KubeClient, namespace: str, pod: str, container: str, url: str) -> Answer | None:
    """The answer, or None when the image has nothing to ask with. Raises Denied, NotFound, TimedOut, Unreachable."""
    for tool, argv, read in _ways(urlsplit(url), url):
        started = time.monotonic()
        result = await run_in(client, namespace, pod, container, list(argv), deadline=PATIENCE + 5.0)
        if not _missing(result):
            found = read(result)
            return msgspec.structs.replace(found, tool=tool, seconds=found.seconds or time.monotonic() - started)
    return None


def _ways(parts: SplitResult, url: str) -> list[tuple[str, Sequence[str], Callable[[ExecResult], Answer]]]:
    curl = ("curl", "-sS", "-o", "/dev/null", "-m", str(PATIENCE), "-w", _FORMAT, url)
    ways: list[tuple[str, Sequence[str], Callable[[ExecResult], Answer]]] = [
        ("curl", curl, read_curl),
        ("wget", ("wget", "-q", "-O", "/dev/null", url), read_wget),
    ]
    if parts.scheme == "http" and parts.hostname:
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        words = ("sh", "-c", _DIALOGUE, "probe", path, parts.hostname, str(parts.port or 80))
        ways.append(("nc", words, read_nc))
    return ways


def _missing(result: ExecResult) -> bool:
    """Not in the image, or there but unable to run: some small images carry tools that crash."""
    return result.exit_code is None or result.exit_code in {126, 127} or result.exit_code > 128


def read_curl(result: ExecResult) -> Answer:
    status, *times = result.stdout.split() or [b"000"]
    if result.exit_code or not status.isdigit() or status == b"000":
        said = _said(result)
        return Answer(None, _LOST.get(result.exit_code or 0, said) or said or "no answer", "", 0.0)
    split = tuple(float(part) for part in times if part.replace(b".", b"").isdigit())
    return Answer(int(status), f"HTTP {int(status)}", "", split[-1] if split else 0.0, split[:-1])


def read_wget(result: ExecResult) -> Answer:
    if result.exit_code == 0:
        return Answer(200, "HTTP 200", "", 0.0)
    if status := _STATUS.search(result.stderr):
        return Answer(int(status[1]), f"HTTP {int(status[1])}", "", 0.0)
    return Answer(None, _said(result) or _WGET.get(result.exit_code or 0, "no answer"), "", 0.0)


def read_nc(result: ExecResult) -> Answer:
    if status := _STATUS.match(result.stdout):
        return Answer(int(status[1]), f"HTTP {int(status[1])}", "", 0.0)
    return Answer(None, _said(result) or ("it answers, but not HTTP" if result.stdout else "no connection"), "", 0.0)


def _said(result: ExecResult) -> str:
    """The tool's own words, without its name before them."""
    words = clean(result.stderr.decode("utf-8", "replace").strip(), 200)
    return re.sub(r"^(curl: \([0-9]+\)|wget:|nc:) ", "", words)
