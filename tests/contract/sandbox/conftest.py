"""The machines of the sandbox, started once a module, and a way to ask one of them."""

from __future__ import annotations

from collections.abc import AsyncIterator

import asyncssh
import pytest
import pytest_asyncio

from sandbox.hosts.hosts import Hosts
from tests.contract.sandbox.hosts_client import Ask, connect, run, started


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hosts(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Hosts]:
    async with started(tmp_path_factory.mktemp("estate")) as member:
        yield member


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def conn(hosts: Hosts) -> AsyncIterator[asyncssh.SSHClientConnection]:
    async with connect(hosts) as held:
        yield held


@pytest.fixture
def out(conn: asyncssh.SSHClientConnection) -> Ask:
    """stdout of a command that must succeed and complain of nothing."""

    async def output(line: str) -> str:
        code, text, complaint = await run(conn, line)
        assert (code, complaint) == (0, "")
        return text

    return output
