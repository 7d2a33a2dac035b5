"""The machines of the sandbox, started, and clients that reach them through the files they wrote."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncssh

from sandbox.hosts.hosts import Hosts
from sandbox.member import Grounds
from sandbox.members import STARTERS

NODE, NODE_IP = "ip-10-20-11-34.eu-west-1.compute.internal", "10.20.11.34"
DEADLINE = 10.0
KUBELET_LINE = re.compile(
    r"[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d ip-10-20-11-34\.eu-west-1\.compute\.internal kubelet\[1893\]: "
    r"[IWE]\d{4} \d\d:\d\d:\d\d\.\d{6}    1893 [a-z_]+\.go:\d+\] \S.*"
)
Ask = Callable[[str], Awaitable[str]]


@asynccontextmanager
async def started(home: Path) -> AsyncIterator[Hosts]:
    """The member, stopped at the end with no task left behind."""
    before = asyncio.all_tasks()
    room = home / "hosts"
    room.mkdir(mode=0o700)
    member = await STARTERS["hosts"](Grounds(home, room, 7))
    assert isinstance(member, Hosts)
    try:
        yield member
    finally:
        await member.stop()
    await settled(before)


async def settled(before: set[asyncio.Task[Any]]) -> None:
    """Wait until no more tasks run than before. Raises TimeoutError."""
    async with asyncio.timeout(DEADLINE):
        while asyncio.all_tasks() - before - {asyncio.current_task()}:
            await asyncio.sleep(0)


def config(hosts: Hosts) -> str:
    """The path of the ssh_config."""
    return str(hosts.where["ssh"]["config"])


def connect(hosts: Hosts, host: str = NODE_IP, **options: Any) -> Any:
    """A connection as a console makes it, which reads nothing but the ssh_config."""
    return asyncssh.connect(host, config=[config(hosts)], connect_timeout=DEADLINE, login_timeout=DEADLINE, **options)


async def run(conn: asyncssh.SSHClientConnection, line: str, stdin: str | None = None) -> tuple[int | None, str, str]:
    """(exit code, stdout, stderr) of a command."""
    async with asyncio.timeout(DEADLINE):
        done = await conn.run(line, input=stdin) if stdin is not None else await conn.run(line, stdin=asyncssh.DEVNULL)
    return done.exit_status, str(done.stdout), str(done.stderr)
