"""The server's process: started, ended, started again on the same port."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final
from urllib.parse import quote

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from sandbox.child import Child
from sandbox.member import Grounds
from sandbox.ports import free_port

READY: Final = 15.0
"""Seconds the server may take to answer."""
SUPERUSER: Final = "sandbox"
APPLICATION: Final = "fusion_app"
_TRIES: Final = 4
_ONCALL: Final = (
    "+@all -@admin -shutdown -debug -config +config|get +config|resetstat -save -bgsave -bgrewriteaof -replicaof"
    " -swapdb -flushall +client|list +client|info +client|kill +client|no-evict +slowlog +latency +memory +info"
    " +acl|whoami"
)
USERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "oncall": _ONCALL,
        "viewer": "+@read +ping +select +acl|whoami -@dangerous +info +client|list +client|info +config|get"
        " +slowlog|get +slowlog|len +latency|latest +memory|usage +memory|stats",
        APPLICATION: "+@all -@dangerous -@admin +info +keys",
        "nobody": "+ping +auth +hello +acl|whoami",
    }
)
"""Users and what they may: who is on call reads all, empties a database and ends clients, but cannot reconfigure."""
SETTINGS: Final = {
    "bind": "127.0.0.1", "save": '""', "appendonly": "no", "maxmemory": "64mb", "maxmemory-policy": "allkeys-lru",
    "maxclients": "200", "slowlog-log-slower-than": "2000", "slowlog-max-len": "128",
    "latency-monitor-threshold": "5", "protected-mode": "yes", "daemonize": "no", "loglevel": "warning",
    "databases": "16", "tcp-keepalive": "60",
}  # fmt: skip


def client_of(url: str, name: str) -> Redis:
    """A client of one connection that sends each command once.

    The caller bounds each wait: with a timeout of its own, the library waits for a sent command in a way that loses a
    cancellation on Python 3.11.
    """
    return Redis.from_url(
        url, client_name=name, single_connection_client=True, socket_timeout=None, socket_connect_timeout=10,
        retry=Retry(NoBackoff(), 0),
    )  # fmt: skip


class Server:
    """`port` takes connections without TLS; `child` is the process."""

    child: Child

    def __init__(self, grounds: Grounds, program: Path) -> None:
        self.port = 0
        self.passwords = {user: secrets.token_urlsafe(18) for user in (SUPERUSER, *USERS)}
        self._home = grounds.home
        self._directory = grounds.directory
        self._program = program

    def url(self, user: str) -> str:
        """Address with user and password."""
        return f"redis://{user}:{quote(self.passwords[user])}@127.0.0.1:{self.port}/0"

    async def start(self) -> None:
        """Return when it answers. A port that somebody else took in between is given up for another at the first start.

        Raises Unreachable.
        """
        fixed = self.port
        for _ in range(_TRIES):
            self.port = fixed or free_port()
            self.child = await Child.start(self._home, "redis", [str(self._program), str(self._configuration())])
            try:
                if await self._answers():
                    return
            except BaseException:
                await self.stop()
                raise
            await self.stop()
        raise self.child.silent("it does not answer")

    async def stop(self) -> None:
        """End it; safe to call twice."""
        await self.child.stop()

    def _configuration(self) -> Path:
        users = self._written("users.acl", self._users())
        own = {"port": str(self.port), "dir": f'"{self._directory}"', "aclfile": f'"{users}"'}
        return self._written("redis.conf", "".join(f"{name} {value}\n" for name, value in (SETTINGS | own).items()))

    def _written(self, name: str, text: str) -> Path:
        path = self._directory / name
        path.touch(mode=0o600)
        path.write_text(text)
        return path

    def _users(self) -> str:
        """Who may what, in the form of an ACL file; of a password it holds the hash."""
        lines = ["user default off resetkeys -@all"]
        for user, rights in {**USERS, SUPERUSER: "+@all"}.items():
            secret = hashlib.sha256(self.passwords[user].encode()).hexdigest()
            lines.append(f"user {user} on #{secret} ~* &* -@all {rights}")
        return "\n".join(lines) + "\n"

    async def _answers(self) -> bool:
        """Wait for its PONG; False when it has ended instead. Raises Unreachable when it says nothing."""
        try:
            async with asyncio.timeout(READY):
                while self.child.running:
                    try:
                        async with client_of(self.url(SUPERUSER), "fusion-sandbox") as client:
                            return bool(await client.ping())
                    except (RedisError, OSError):
                        await asyncio.sleep(0.02)
        except TimeoutError:
            raise self.child.silent(f"no answer in {READY:g} s") from None
        return False
