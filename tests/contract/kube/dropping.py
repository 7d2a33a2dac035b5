"""A proxy that loses the answer to a change: the request arrives, its reply never comes back."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import yaml


class DroppingProxy:
    """Plain HTTP in front, TLS behind. `changes` counts the requests that were meant to change something."""

    def __init__(self, upstream: str) -> None:
        self.changes = 0
        self.dropping = True
        self._upstream = urlsplit(upstream)
        self._tls = ssl.create_default_context()
        self._tls.check_hostname, self._tls.verify_mode = False, ssl.CERT_NONE

    async def relay(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        """Both ways until one side ends; cut after the first bytes of an answer that is to be lost."""
        server, to_server = await asyncio.open_connection(self._upstream.hostname, self._upstream.port, ssl=self._tls)
        lost = asyncio.Event()
        forth = asyncio.create_task(self._forth(client, to_server, lost))
        try:
            with suppress(ConnectionError, ssl.SSLError):
                while data := await server.read(65536):
                    if lost.is_set():
                        to_client.transport.abort()
                        return
                    to_client.write(data)
                    await to_client.drain()
        finally:
            forth.cancel()
            to_server.close()
            to_client.close()

    async def _forth(self, client: asyncio.StreamReader, server: asyncio.StreamWriter, lost: asyncio.Event) -> None:
        with suppress(ConnectionError):
            while data := await client.read(65536):
                first = data.split(b"\r\n", 1)[0]
                if first.startswith(b"PATCH ") and b"dryRun" not in first:
                    self.changes += 1
                    if self.dropping:
                        lost.set()
                server.write(data)
                await server.drain()


@asynccontextmanager
async def dropping(kubeconfig: Path, directory: Path) -> AsyncGenerator[tuple[DroppingProxy, Path], None]:
    """The proxy, running, and a kubeconfig that leads through it. The user must have a bearer token."""
    document = yaml.safe_load(kubeconfig.read_text())
    proxy = DroppingProxy(document["clusters"][0]["cluster"]["server"])
    listener = await asyncio.start_server(proxy.relay, "127.0.0.1", 0)
    try:
        port = listener.sockets[0].getsockname()[1]
        document["clusters"][0]["cluster"] = {"server": f"http://127.0.0.1:{port}"}
        through = directory / "through-proxy.kubeconfig"
        through.write_text(yaml.safe_dump(document))
        through.chmod(0o600)
        yield proxy, through
    finally:
        # Not waited for: the client's kept connections end with the client, which outlives this block.
        listener.close()
