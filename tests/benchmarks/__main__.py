"""python -m tests.benchmarks: each figure as a ratio to a peer measured in the same run."""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from providers.kube import convert, wire
from providers.kube.watch import Skipped, lines_of
from sandbox.cluster.cluster import Cluster

PODS = 5000
LINES = 200_000
ROUNDS = 5


def main() -> None:
    """Print one line a figure."""
    pods = asyncio.run(_pod_bytes())
    shape = msgspec.json.Decoder(list[wire.Pod])
    _show(f"{PODS} pods: bytes to values", "json.loads", lambda: [convert.pod(p) for p in shape.decode(pods)],
          lambda: json.loads(pods))  # fmt: skip
    log = b"".join(
        b'{"level":"info","n":%d,"msg":"HTLC locked, waiting for confirmations"}\n' % n for n in range(LINES)
    )
    _show(f"{LINES} log lines: split", "bytes.splitlines", lambda: asyncio.run(_split(log)), log.splitlines)


async def _pod_bytes() -> bytes:
    """The pods of the sandbox, over and over."""
    with tempfile.TemporaryDirectory() as directory:
        cluster = await Cluster.start(Path(directory))
        records = cluster.store.records("pods")
        await cluster.stop()
    return b"[" + b",".join(records[n % len(records)].full for n in range(PODS)) + b"]"


async def _split(data: bytes) -> int:
    async def chunks():  # type: ignore[no-untyped-def]
        for at in range(0, len(data), 65_536):
            yield data[at : at + 65_536]

    return sum([1 async for _ in lines_of(chunks(), Skipped())])


def _show(what: str, peer: str, ours: Callable[[], object], theirs: Callable[[], object]) -> None:
    mine, other = _best(ours), _best(theirs)
    print(f"{what}: {mine / other:.2f} x {peer} ({mine * 1000:.0f} ms against {other * 1000:.0f} ms)")


def _best(work: Callable[[], object]) -> float:
    """The shortest of some rounds: what the machine's other work did not disturb."""
    times = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return min(times)


if __name__ == "__main__":
    main()
