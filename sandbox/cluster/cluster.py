"""The sandbox cluster: an API server and the nodes behind it, on one loopback port."""

from __future__ import annotations

import ssl
from pathlib import Path

from aiohttp import web

from sandbox.certificate import server_context
from sandbox.cluster.access import Policy
from sandbox.cluster.admission import admit
from sandbox.cluster.nodes import Nodes
from sandbox.cluster.request_log import RequestLog
from sandbox.cluster.seams import Pace
from sandbox.cluster.server import Server
from sandbox.cluster.store import Store
from sandbox.cluster.trouble import Trouble
from sandbox.cluster.users import Tokens, write_kubeconfigs

SHUTDOWN = 0.5


class Cluster:
    """`url`, `ca_path` and `kubeconfigs` say how to reach it; `runtime` and `server` are what faults act on."""

    def __init__(self, directory: Path, seed: int, pace: Pace) -> None:
        self._context, self.ca_path = server_context(directory)
        self._directory = directory
        self.tokens = Tokens(directory)
        self.store = Store(seed=seed, admit=admit)
        self.runtime = Nodes(self.store, pace, seed)
        self.policy = Policy()
        self.server = Server(self.store, self.runtime, self.tokens, self.policy)
        self.port = 0
        self.kubeconfigs: dict[str, Path] = {}
        self._runner: web.AppRunner | None = None

    @classmethod
    async def start(cls, directory: Path, *, seed: int = 7, pace: Pace | None = None, port: int = 0) -> Cluster:
        """Start the nodes, then serve; when this returns the seeded estate is up."""
        cluster = cls(directory, seed, pace or Pace())
        await cluster.runtime.start()
        await cluster.listen(port)
        cluster.kubeconfigs = write_kubeconfigs(directory, cluster.tokens, cluster.url, cluster.ca_path)
        return cluster

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    @property
    def request_log(self) -> RequestLog:
        return self.server.log

    @property
    def trouble(self) -> Trouble:
        return self.server.trouble

    @property
    def tls(self) -> ssl.SSLContext:
        return self._context

    async def listen(self, port: int) -> None:
        """Open the port (0: any free one)."""
        if self._runner is not None:
            return
        self.server.over.clear()
        self._runner = web.AppRunner(self.server.app(), access_log=None, shutdown_timeout=SHUTDOWN)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port, ssl_context=self._context, reuse_address=True)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def hang_up(self) -> None:
        """Close the port and cut every connection."""
        runner, self._runner = self._runner, None
        self.server.over.set()
        if runner is not None:
            await runner.cleanup()

    async def stop(self) -> None:
        """Stop everything; safe to call twice."""
        await self.hang_up()
        await self.runtime.stop()
