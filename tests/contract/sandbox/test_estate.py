"""The whole estate: up in one go, ready for everybody's tools, and gone without a trace however it ends."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import boto3
import psycopg
import pytest
from redis.asyncio import Redis

from providers.core.config import load
from providers.core.config_systems import Aws
from sandbox.embedded import lead_to_the_account
from sandbox.owner import CHILDREN, sweep

READY = 60.0


@asynccontextmanager
async def running(directory: Path) -> AsyncIterator[tuple[asyncio.subprocess.Process, dict[str, Any]]]:
    """An estate in a process of its own, and where everything is."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "sandbox", "up", "--json",
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, env=os.environ | {"TMPDIR": str(directory)},
    )  # fmt: skip
    assert process.stdout is not None and process.stderr is not None
    try:
        line = await asyncio.wait_for(process.stdout.readline(), READY)
        assert line, (await process.stderr.read()).decode()
        yield process, json.loads(line)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def _living(pids: list[int]) -> list[int]:
    return [pid for pid in pids if _state(pid) not in {"", "Z"}]


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return ""


async def _gone(pids: list[int]) -> None:
    async with asyncio.timeout(10):
        while _living(pids):
            await asyncio.to_thread(os.sched_yield)


@pytest.fixture
def directory() -> Iterator[Path]:
    # Short, since the path of a socket may not be longer than a hundred bytes; and open to pass through, since the
    # database's server is another user when we are root.
    with tempfile.TemporaryDirectory(prefix="fc-") as made:
        Path(made).chmod(0o711)
        yield Path(made)


async def test_everything_is_there_and_ends_when_it_is_asked_to(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(directory) as (process, where):
        assert {"config", "kubeconfig", "kubeconfigs", "aws_endpoint", "postgres_dsn", "redis_url", "ssh"} <= set(where)
        loaded = load(Path(where["config"]), {})
        assert set(loaded.config.environments) == {"sandbox", "sandbox-prod", "sandbox-viewer"}
        for environment in loaded.config.environments.values():
            systems = (environment.kubernetes, environment.aws, environment.postgres, environment.redis)
            assert None not in (*systems, environment.hosts)
        async with await psycopg.AsyncConnection.connect(where["postgres_dsn"]) as connection:
            await connection.execute("SELECT 1 FROM swaps LIMIT 1")
        async with Redis.from_url(where["redis_url"], ssl_ca_certs=where["redis_ca"]) as client:
            assert await client.ping()
        assert _caller(where, loaded.config.environments["sandbox"].aws, monkeypatch).endswith(":user/oncall")
        private = [path for path in Path(where["directory"]).iterdir() if path.is_file()]
        assert not [path for path in private if path.stat().st_mode & 0o077 and path.suffix in {".yaml", ".sock"}]
        children = [int(note.name) for note in (Path(where["directory"]) / CHILDREN).iterdir()]
        assert len(children) >= 3
        process.send_signal(signal.SIGHUP)
        assert await asyncio.wait_for(process.wait(), 15) == 0
    await _gone(children)
    assert not Path(where["directory"]).exists()


def _caller(where: dict[str, Any], aws: Aws | None, monkeypatch: pytest.MonkeyPatch) -> str:
    """Who the console is in the account: its section, and the variables of its process."""
    assert aws is not None
    monkeypatch.setattr(os, "environ", os.environ | {"AWS_ACCESS_KEY_ID": "somebody", "AWS_PROFILE": "elsewhere"})
    lead_to_the_account(where)
    session = boto3.Session(profile_name=aws.profile, region_name=aws.region)
    arn: str = session.client("sts", endpoint_url=aws.endpoint_url).get_caller_identity()["Arn"]
    return arn


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent")
async def test_what_a_killed_one_leaves_is_removed_by_the_next(directory: Path) -> None:
    async with running(directory) as (process, where):
        left = Path(where["directory"])
        children = [int(note.name) for note in (left / CHILDREN).iterdir()]
        process.kill()
        await process.wait()
    await _gone(children)
    assert left.exists()
    assert sweep(directory, "fusion-sandbox-") == [left]
    assert not left.exists()
