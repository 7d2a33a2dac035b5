"""K06 and R02: the database and the cache as the services' own pods reach them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
import pytest

from providers.core.check import Finding, Verdict, run_check
from providers.core.config import BRIDGE, Kubernetes, Thresholds
from providers.kube.check_reach import checks
from providers.kube.exec import ExecResult
from providers.kube.provider import Kube
from providers.kube.tcp_probe import _useless
from sandbox.cluster.cluster import Cluster

SPACE = "fusion-bitcoin"
DATABASE, CACHE = ("db.internal", 5432), ("cache.internal", 6379)
_RELAYER = next(service for service in BRIDGE if service.name == "relayer")


@asynccontextmanager
async def _listening(cluster: Cluster, *names: tuple[str, int]) -> AsyncIterator[None]:
    """A port of this machine stands behind these names, for pods."""
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    async with server:
        for name in names:
            cluster.runtime.dial[name] = ("127.0.0.1", server.sockets[0].getsockname()[1])
        yield


async def _ask(cluster: Cluster, row: str, user: str = "oncall", *needs: str) -> list[Finding]:
    wanted = needs or ("db.internal:5432", "cache.internal:6379")
    service = msgspec.structs.replace(_RELAYER, needs=wanted)
    settings = Kubernetes(kubeconfig=str(cluster.kubeconfigs[user]), namespace=SPACE)
    async with Kube("test", settings, (service,), Thresholds()) as kube:
        return list(await run_check(next(c for c in checks(kube) if c.id == row)))


@pytest.mark.parametrize(("row", "tool"), [("K06", "pg_isready"), ("R02", "nc -z")])
async def test_what_answers_is_reached_and_says_from_where(cluster: Cluster, row: str, tool: str) -> None:
    async with _listening(cluster, DATABASE, CACHE):
        (found,) = await _ask(cluster, row)
    assert (found.check, found.verdict, found.summary) == (row, Verdict.PASS, "reached")
    assert found.evidence[0].quote.startswith("from fusion-bitcoin-relayer-")
    assert f"with {tool}: " in found.evidence[0].quote


async def test_what_does_not_answer_fails_with_the_tool_s_own_words(cluster: Cluster) -> None:
    (unknown,) = await _ask(cluster, "R02", "oncall", "nowhere.invalid:6379")
    assert (unknown.verdict, "bad address" in unknown.summary) == (Verdict.FAIL, True)
    async with _listening(cluster, DATABASE):
        pass
    (closed,) = await _ask(cluster, "K06", "oncall", "db.internal:5432")
    assert (closed.verdict, "no response" in closed.summary) == (Verdict.FAIL, True)


async def test_without_the_right_it_is_unknown_and_the_right_is_named(cluster: Cluster) -> None:
    (found,) = await _ask(cluster, "K06", "viewer")
    assert (found.verdict, "pods/exec" in found.permission) == (Verdict.UNKNOWN, True)


async def test_who_needs_no_database_is_told_where_to_write_it(cluster: Cluster) -> None:
    (found,) = await _ask(cluster, "K06", "oncall", "http://fusion-bitcoin-relayer:3000/health")
    assert found.verdict is Verdict.UNKNOWN
    assert "services.NAME.needs" in found.fix and "5432" in found.fix


@pytest.mark.parametrize(
    ("code", "stderr", "useless"),
    [
        (0, b"", False), (1, b"nc: connection refused", False), (2, b"", False), (127, b"", True), (None, b"", True),
        (139, b"", True), (1, b"nc: invalid option -- 'z'\nBusyBox v1.35.0", True), (1, b"usage: nc [-46]", True),
    ],
)  # fmt: skip
def test_a_tool_that_cannot_do_it_is_no_answer(code: int | None, stderr: bytes, useless: bool) -> None:
    assert _useless(ExecResult(code, b"", stderr, False)) is useless
